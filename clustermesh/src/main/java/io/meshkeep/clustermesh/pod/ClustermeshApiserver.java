package io.meshkeep.clustermesh.pod;

import io.meshkeep.clustermesh.cli.Main;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code /usr/bin/clustermesh-apiserver}: {@code etcdinit} is done here, {@code clustermesh} and {@code kvstoremesh} are
 * the commands of the same name, and what Cilium's tools ask for in the running pod is answered by ours.
 */
public final class ClustermeshApiserver {
    /** Where the image has the configuration that leads to the etcd of the same pod. */
    private static final String ETCD_CONFIG = "/var/lib/cilium/etcd-config.yaml";

    /** Where Cilium's chart mounts the other clusters' configurations. */
    private static final String CLUSTERMESH_CONFIG = "/var/lib/cilium/clustermesh";

    private ClustermeshApiserver() {}

    /** @param arguments a command of Cilium's program and its flags */
    public static void main(String[] arguments) {
        List<String> given = Arrays.asList(arguments);
        switch (given.isEmpty() ? "" : given.get(0)) {
            case "etcdinit":
                int status = EtcdInit.run(given.subList(1, given.size()), System.getenv(), System.err);
                if (status != 0) {
                    System.exit(status);
                }
                return;
            case "version":
                io.meshkeep.server.cli.Main.main(arguments);
                return;
            case "clustermesh-dbg":
                Main.main(debugging(given, "--etcd-config=" + ETCD_CONFIG));
                return;
            case "kvstoremesh-dbg":
                Main.main(debugging(given, "--clustermesh-config=" + CLUSTERMESH_CONFIG));
                return;
            default:
                Main.main(arguments);
        }
    }

    /** {@code kvstoremesh-dbg status -o json} is {@code kvstoremesh --status -o json}. */
    static String[] debugging(List<String> given, String target) {
        String question = given.size() < 2 ? "" : given.get(1);
        Stream<String> command = switch (question) {
            case "troubleshoot" -> Stream.of("troubleshoot", target);
            case "status" -> Stream.of("kvstoremesh", "--status");
            default -> Stream.of(given.get(0) + " " + question);
        };
        return Stream.concat(command, given.stream().skip(2)).toArray(String[]::new);
    }
}
