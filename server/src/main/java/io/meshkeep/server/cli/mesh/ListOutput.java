package io.meshkeep.server.cli.mesh;

import com.google.protobuf.Message;
import io.meshkeep.proto.ListClustersResponse;
import io.meshkeep.proto.ListEndpointsResponse;
import io.meshkeep.proto.ListIdentitiesResponse;
import io.meshkeep.proto.ListNodesResponse;
import io.meshkeep.proto.ListProblemsResponse;
import io.meshkeep.proto.ListServicesResponse;
import io.meshkeep.proto.MeshCluster;
import io.meshkeep.proto.MeshEndpoint;
import io.meshkeep.proto.MeshGrpc.MeshBlockingStub;
import io.meshkeep.proto.MeshIdentity;
import io.meshkeep.proto.MeshListRequest;
import io.meshkeep.proto.MeshNode;
import io.meshkeep.proto.MeshNodeAddress;
import io.meshkeep.proto.MeshProblem;
import io.meshkeep.proto.MeshService;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/** Prints lists, page after page of one revision. */
final class ListOutput {
    private static final int PAGE = 1000;

    private final MeshClient client;
    private final MeshArguments arguments;
    private final PrintStream out;

    ListOutput(MeshClient client, MeshArguments arguments, PrintStream out) {
        this.client = client;
        this.arguments = arguments;
        this.out = out;
    }

    private record Page(long revision, List<? extends Message> entries, String token) {}

    private interface Row {
        String[] of(Message entry);
    }

    void run(String command) throws CommandException {
        switch (command) {
            case "endpoints" ->
                list(
                        command,
                        ListOutput::endpoints,
                        entry -> row((MeshEndpoint) entry),
                        "IP",
                        "IDENTITY",
                        "CLUSTER",
                        "NAMESPACE",
                        "POD",
                        "HOST IP",
                        "REVISION");
            case "identities" ->
                list(
                        command,
                        ListOutput::identities,
                        entry -> row((MeshIdentity) entry),
                        "IDENTITY",
                        "CLUSTER",
                        "REVISION",
                        "LABELS");
            case "nodes" ->
                list(
                        command,
                        ListOutput::nodes,
                        entry -> row((MeshNode) entry),
                        "NAME",
                        "CLUSTER",
                        "KIND",
                        "ADDRESSES",
                        "POD CIDR",
                        "REVISION");
            case "services" ->
                list(
                        command,
                        ListOutput::services,
                        entry -> row((MeshService) entry),
                        "NAME",
                        "NAMESPACE",
                        "CLUSTER",
                        "KIND",
                        "FRONTENDS",
                        "BACKENDS",
                        "REVISION");
            case "clusters" ->
                list(
                        command,
                        ListOutput::clusters,
                        entry -> row((MeshCluster) entry),
                        "CLUSTER",
                        "KEYS",
                        "NODES",
                        "IDENTITIES",
                        "ENDPOINTS",
                        "SERVICES",
                        "EXPORTS");
            default ->
                list(
                        command,
                        ListOutput::problems,
                        entry -> row((MeshProblem) entry),
                        "PROBLEM",
                        "REVISION",
                        "KEY",
                        "REASON");
        }
    }

    private static Page endpoints(MeshBlockingStub stub, MeshListRequest request) {
        ListEndpointsResponse page = stub.listEndpoints(request);
        return new Page(page.getHeader().getRevision(), page.getEndpointsList(), page.getContinueToken());
    }

    private static Page identities(MeshBlockingStub stub, MeshListRequest request) {
        ListIdentitiesResponse page = stub.listIdentities(request);
        return new Page(page.getHeader().getRevision(), page.getIdentitiesList(), page.getContinueToken());
    }

    private static Page nodes(MeshBlockingStub stub, MeshListRequest request) {
        ListNodesResponse page = stub.listNodes(request);
        return new Page(page.getHeader().getRevision(), page.getNodesList(), page.getContinueToken());
    }

    private static Page services(MeshBlockingStub stub, MeshListRequest request) {
        ListServicesResponse page = stub.listServices(request);
        return new Page(page.getHeader().getRevision(), page.getServicesList(), page.getContinueToken());
    }

    private static Page clusters(MeshBlockingStub stub, MeshListRequest request) {
        ListClustersResponse page = stub.listClusters(request);
        return new Page(page.getHeader().getRevision(), page.getClustersList(), page.getContinueToken());
    }

    private static Page problems(MeshBlockingStub stub, MeshListRequest request) {
        ListProblemsResponse page = stub.listProblems(request);
        return new Page(page.getHeader().getRevision(), page.getProblemsList(), page.getContinueToken());
    }

    private void list(
            String name, BiFunction<MeshBlockingStub, MeshListRequest, Page> method, Row row, String... titles)
            throws CommandException {
        long left = arguments.text("limit", "").isEmpty() ? Long.MAX_VALUE : arguments.number("limit", Long.MAX_VALUE);
        boolean json = arguments.json();
        JsonOutput output = json ? new JsonOutput(out) : null;
        Table table = json ? null : new Table(out, titles);
        MeshListRequest.Builder request = MeshListRequest.newBuilder()
                .setSelector(arguments.selector())
                .setRevision(arguments.number("revision", Long.MAX_VALUE));
        long revision = 0;
        long printed = 0;
        String token = "";
        do {
            request.setContinueToken(token).setLimit((int) Math.max(1, Math.min(PAGE, left)));
            Page page = client.call(stub -> method.apply(stub, request.build()));
            token = page.token;
            if (json && revision == 0) {
                output.write(to -> {
                    to.writeStartObject();
                    to.writeNumberField("revision", page.revision);
                    to.writeArrayFieldStart(name);
                });
            }
            revision = page.revision;
            for (Message entry : page.entries) {
                if (left == 0) {
                    break;
                }
                left--;
                printed++;
                if (json) {
                    output.message(entry);
                } else {
                    table.row(row.of(entry));
                }
            }
        } while (!token.isEmpty() && left > 0);
        boolean more = !token.isEmpty();
        if (json) {
            output.write(to -> {
                to.writeEndArray();
                to.writeBooleanField("more", more);
                to.writeEndObject();
            });
            output.endLine();
        } else {
            table.flush();
            out.println();
            out.println(printed + " " + (printed == 1 ? singular(name) : name) + " at revision " + revision
                    + (more ? ", and there are more" : ""));
        }
    }

    private static String singular(String name) {
        return name.equals("identities") ? "identity" : name.substring(0, name.length() - 1);
    }

    // ---- rows

    static String unsigned(int number) {
        return Integer.toUnsignedString(number);
    }

    private static String[] row(MeshEndpoint endpoint) {
        return new String[] {
            endpoint.getIp(),
            unsigned(endpoint.getIdentity()),
            endpoint.getCluster(),
            endpoint.getNamespace(),
            endpoint.getPod(),
            endpoint.getHostIp(),
            Long.toString(endpoint.getRevision())
        };
    }

    private static String[] row(MeshIdentity identity) {
        return new String[] {
            unsigned(identity.getNumber()),
            identity.getCluster(),
            Long.toString(identity.getRevision()),
            String.join(",", identity.getLabelsList())
        };
    }

    private static String[] row(MeshNode node) {
        String cidrs = node.getIpv6Cidr().isEmpty()
                ? node.getIpv4Cidr()
                : node.getIpv4Cidr().isEmpty() ? node.getIpv6Cidr() : node.getIpv4Cidr() + "," + node.getIpv6Cidr();
        return new String[] {
            node.getName(),
            node.getCluster(),
            node.getRegistration() ? "registration" : "node",
            node.getAddressesList().stream().map(MeshNodeAddress::getIp).collect(Collectors.joining(",")),
            cidrs,
            Long.toString(node.getRevision())
        };
    }

    private static String[] row(MeshService service) {
        return new String[] {
            service.getName(),
            service.getNamespace(),
            service.getCluster(),
            service.getExport() ? "export" : "service",
            String.join(",", service.getFrontendsList()),
            Integer.toString(service.getBackendsCount()),
            Long.toString(service.getRevision())
        };
    }

    private static String[] row(MeshCluster cluster) {
        return new String[] {
            cluster.getName(),
            cluster.getCached() ? "cached" : "own",
            Long.toString(cluster.getNodes()),
            Long.toString(cluster.getIdentities()),
            Long.toString(cluster.getEndpoints()),
            Long.toString(cluster.getServices()),
            Long.toString(cluster.getServiceExports())
        };
    }

    private static String[] row(MeshProblem problem) {
        return new String[] {
            problem.getKind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
            Long.toString(problem.getRevision()),
            problem.getKey().toString(StandardCharsets.UTF_8),
            problem.getReason()
        };
    }
}
