package io.meshkeep.clustermesh.vm;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.meshkeep.clustermesh.workload.AddressClaims;
import io.meshkeep.clustermesh.workload.CiliumResources;
import io.meshkeep.clustermesh.workload.ExternalWorkload;
import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code meshkeep vm status}: who may join, who has joined, and who is alive. */
final class StatusCommand {
    private final KubernetesClient kubernetes;
    private final PrintStream out;

    StatusCommand(KubernetesClient kubernetes, PrintStream out) {
        this.kubernetes = kubernetes;
        this.out = out;
    }

    /**
     * One VM's line.
     *
     * @param problem what keeps it from joining, or else what its operator should do; empty if there is nothing
     */
    private record Line(ExternalWorkload workload, Liveness liveness, Optional<Registered> registered, String problem) {
        String cell() {
            return "IP: " + workload.statusIp().orElse("N/A")
                    + ", Labels: "
                    + new TreeMap<>(workload.labels())
                            .entrySet().stream()
                                    .map(label -> label.getKey() + "=" + label.getValue())
                                    .collect(Collectors.joining(","))
                    + ", Alive: " + liveness.text()
                    + (problem.isEmpty() ? "" : ", Problem: " + problem);
        }
    }

    void run(VmArguments arguments) throws CommandException {
        String output = arguments.text("output", "text");
        if (!output.equals("text") && !output.equals("json")) {
            throw CommandException.misused("--output is json, or not given");
        }
        AccessInformation access = new AccessInformation(kubernetes, arguments.text("namespace", "kube-system"));
        Service service = access.service();
        List<String> addresses = access.addresses(service);
        List<ExternalWorkload> workloads = workloads(arguments.words());
        Stores.Answer store =
                workloads.isEmpty() ? new Stores.Answer(Map.of(), "") : new Stores(kubernetes, access).ask(arguments);
        List<Line> lines = lines(workloads, store);
        if (output.equals("json")) {
            json(service, addresses, store, lines);
        } else {
            text(service, addresses, store, lines);
        }
    }

    private List<ExternalWorkload> workloads(List<String> names) throws CommandException {
        var resources = kubernetes.genericKubernetesResources(CiliumResources.EXTERNAL_WORKLOADS);
        if (names.isEmpty()) {
            return resources.list().getItems().stream()
                    .map(ExternalWorkload::of)
                    .sorted(Comparator.comparing(ExternalWorkload::name))
                    .toList();
        }
        List<ExternalWorkload> found = new ArrayList<>();
        for (String name : names) {
            GenericKubernetesResource resource = resources.withName(name).get();
            if (resource == null) {
                throw CommandException.failed("there is no external workload " + name);
            }
            found.add(ExternalWorkload.of(resource));
        }
        return List.copyOf(found);
    }

    private List<Line> lines(List<ExternalWorkload> workloads, Stores.Answer store) {
        List<GenericKubernetesResource> nodes = null;
        List<Line> lines = new ArrayList<>();
        for (ExternalWorkload workload : workloads) {
            Optional<Registered> registered =
                    Optional.ofNullable(store.registered().get(workload.name()));
            String problem = "";
            if (registered.isPresent() && registered.get().node().isComplete()) {
                if (nodes == null) {
                    nodes = kubernetes
                            .genericKubernetesResources(CiliumResources.NODES)
                            .list()
                            .getItems();
                }
                problem = problem(workload, registered.get(), nodes);
            }
            lines.add(new Line(workload, liveness(workload, registered, store), registered, problem));
        }
        return lines;
    }

    private static String problem(
            ExternalWorkload workload, Registered registered, List<GenericKubernetesResource> nodes) {
        Optional<AddressClaims.Conflict> conflict =
                AddressClaims.find(workload.name(), registered.node().addresses(), nodes);
        if (conflict.isPresent()) {
            return conflict.get().describe();
        }
        if (workload.statusId() != 0 && registered.node().identity() != workload.statusId()) {
            return "the agent uses identity " + registered.node().identity() + " instead of " + workload.statusId()
                    + " until it is restarted";
        }
        return "";
    }

    private static Liveness liveness(ExternalWorkload workload, Optional<Registered> registered, Stores.Answer store) {
        if (registered.isPresent()) {
            return new Liveness.Alive(
                    registered.get().sinceHeartbeat(), registered.get().node().isComplete());
        }
        if (workload.statusId() == 0) {
            return new Liveness.NotJoined();
        }
        return store.problem().isEmpty() ? new Liveness.Gone() : new Liveness.Unknown();
    }

    private void text(Service service, List<String> addresses, Stores.Answer store, List<Line> lines) {
        out.println("Service \"" + AccessInformation.SERVICE + "\" of type \""
                + service.getSpec().getType() + "\" found");
        if (addresses.isEmpty()) {
            out.println("Cluster access information is not available: the Service has no address yet");
        } else {
            out.println("Cluster access information is available:");
            addresses.forEach(address -> out.println("  - " + address));
        }
        if (!store.problem().isEmpty()) {
            out.println("Whether external workloads are alive is not known: " + store.problem());
        }
        if (lines.isEmpty()) {
            out.println("No external workloads found.");
            return;
        }
        String header = "External Workloads";
        int width = lines.stream()
                .mapToInt(line -> line.workload().name().length())
                .max()
                .orElse(0);
        for (Line line : lines) {
            String name = line.workload().name();
            out.println(header + "    " + name + " ".repeat(width - name.length() + 4) + line.cell());
            header = " ".repeat(header.length());
        }
    }

    private void json(Service service, List<String> addresses, Stores.Answer store, List<Line> lines) {
        ObjectNode root = JsonMapper.shared().createObjectNode();
        ObjectNode serviceNode = root.putObject("service");
        serviceNode
                .put("name", AccessInformation.SERVICE)
                .put("type", service.getSpec().getType());
        ArrayNode addressNode = serviceNode.putArray("addresses");
        addresses.forEach(addressNode::add);
        root.putObject("store")
                .put("reachable", store.problem().isEmpty())
                .put("problem", store.problem().isEmpty() ? null : store.problem());
        ArrayNode workloadNodes = root.putArray("externalWorkloads");
        for (Line line : lines) {
            ExternalWorkload workload = line.workload();
            ObjectNode node = workloadNodes.addObject();
            node.put("name", workload.name());
            node.put("namespace", workload.namespace());
            node.put("ip", workload.statusIp().orElse(null));
            node.put("id", workload.statusId() == 0 ? null : workload.statusId());
            node.put(
                    "ipv4AllocCIDR",
                    workload.ipv4AllocCidr().map(Object::toString).orElse(null));
            node.put(
                    "ipv6AllocCIDR",
                    workload.ipv6AllocCidr().map(Object::toString).orElse(null));
            ObjectNode labels = node.putObject("labels");
            new TreeMap<>(workload.labels()).forEach(labels::put);
            node.put("alive", alive(line.liveness()));
            node.put(
                    "lastHeartbeat",
                    line.registered()
                            .map(registered -> Instant.now()
                                    .minus(registered.sinceHeartbeat())
                                    .truncatedTo(ChronoUnit.SECONDS)
                                    .toString())
                            .orElse(null));
            node.put("problem", line.problem().isEmpty() ? null : line.problem());
        }
        out.println(root.toPrettyString());
    }

    /** Null if it is not known. */
    private static Boolean alive(Liveness liveness) {
        if (liveness instanceof Liveness.Unknown) {
            return null;
        }
        return liveness instanceof Liveness.Alive;
    }
}
