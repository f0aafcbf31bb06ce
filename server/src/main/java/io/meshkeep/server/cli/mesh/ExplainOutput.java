package io.meshkeep.server.cli.mesh;

import io.meshkeep.proto.ExplainRequest;
import io.meshkeep.proto.ExplainResponse;
import io.meshkeep.proto.MeshEndpoint;
import io.meshkeep.proto.MeshNodeAddress;
import io.meshkeep.proto.MeshProblem;
import java.io.PrintStream;
import java.util.stream.Collectors;

/** Prints what an address is. */
final class ExplainOutput {
    private final MeshClient client;
    private final MeshArguments arguments;
    private final PrintStream out;

    ExplainOutput(MeshClient client, MeshArguments arguments, PrintStream out) {
        this.client = client;
        this.arguments = arguments;
        this.out = out;
    }

    int run(String ip) throws CommandException {
        ExplainRequest request = ExplainRequest.newBuilder()
                .setIp(ip)
                .setCluster(arguments.text("cluster", ""))
                .setRevision(arguments.number("revision", Long.MAX_VALUE))
                .build();
        ExplainResponse answer = client.call(stub -> stub.explain(request));
        if (arguments.json()) {
            JsonOutput json = new JsonOutput(out);
            json.write(to -> {
                to.writeStartObject();
                to.writeStringField("ip", ip);
                to.writeNumberField("revision", answer.getHeader().getRevision());
                to.writeArrayFieldStart("explanations");
                for (ExplainResponse.Explanation explanation : answer.getExplanationsList()) {
                    JsonOutput.object(to, explanation);
                }
                to.writeEndArray();
                to.writeBooleanField("more", answer.getMore());
                to.writeEndObject();
            });
            json.endLine();
        } else {
            print(ip, answer);
        }
        return answer.getExplanationsCount() == 0 ? MeshCommand.FAILED : MeshCommand.OK;
    }

    private void print(String ip, ExplainResponse answer) {
        long revision = answer.getHeader().getRevision();
        if (answer.getExplanationsCount() == 0) {
            out.println("Nothing is known of " + ip + " at revision " + revision + ".");
            return;
        }
        out.println(ip + " at revision " + revision);
        for (ExplainResponse.Explanation explanation : answer.getExplanationsList()) {
            MeshEndpoint endpoint = explanation.getEndpoint();
            out.println();
            line("endpoint", endpoint.getIp() + at(endpoint.getRevision()));
            line("key", endpoint.getKey());
            // a server's own cluster has no name in its keys
            line("cluster", (endpoint.getCluster() + (endpoint.getCached() ? " (copy)" : " (own)")).strip());
            if (!endpoint.getPod().isEmpty() || !endpoint.getNamespace().isEmpty()) {
                line("pod", endpoint.getNamespace() + "/" + endpoint.getPod());
            }
            String number = ListOutput.unsigned(endpoint.getIdentity());
            if (explanation.hasIdentity()) {
                boolean reserved = explanation.getIdentity().getKey().isEmpty();
                line(
                        "identity",
                        number
                                + (reserved
                                        ? " (reserved)"
                                        : at(explanation.getIdentity().getRevision())));
                String name = "labels";
                for (String label : explanation.getIdentity().getLabelsList()) {
                    line(name, label);
                    name = "";
                }
            } else {
                line("identity", number + " (unknown)");
            }
            if (explanation.hasNode()) {
                line(
                        "node",
                        explanation.getNode().getName()
                                + at(explanation.getNode().getRevision()) + ", "
                                + explanation.getNode().getAddressesList().stream()
                                        .map(MeshNodeAddress::getIp)
                                        .collect(Collectors.joining(", ")));
            } else {
                line("node", endpoint.getHostIp().isEmpty() ? "(none)" : endpoint.getHostIp() + " (unknown)");
            }
            for (MeshProblem problem : explanation.getProblemsList()) {
                line("problem", problem.getReason());
            }
        }
        if (answer.getMore()) {
            out.println();
            out.println("There are more; --cluster narrows it down.");
        }
    }

    private static String at(long revision) {
        return " (revision " + revision + ")";
    }

    private void line(String name, String value) {
        out.println("  " + name + " ".repeat(10 - name.length()) + Table.printable(value));
    }
}
