package io.meshkeep.loadtest.compare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A server that takes etcd's flags, and how it is started.
 *
 * @param name for tables
 * @param command program and leading arguments
 * @param peers whether it has to be told a peer URL, or would take etcd's default port
 */
record Contender(String name, List<String> command, boolean peers) {
    static Contender etcd(Path binary) {
        return new Contender("etcd", List.of(binary.toString()), true);
    }

    static Contender ours(List<String> command) {
        return new Contender("ours", command, false);
    }

    /** The whole command line for a server on a directory and ports of its own. */
    List<String> commandLine(Path dataDirectory, int clientPort, int peerPort) {
        String client = "http://127.0.0.1:" + clientPort;
        List<String> line = new ArrayList<>(command);
        line.addAll(List.of(
                "--name",
                "bench",
                "--data-dir",
                dataDirectory.toString(),
                "--listen-client-urls",
                client,
                "--advertise-client-urls",
                client,
                "--log-level",
                "warn"));
        if (peers) {
            String peer = "http://127.0.0.1:" + peerPort;
            line.addAll(List.of(
                    "--listen-peer-urls", peer,
                    "--initial-advertise-peer-urls", peer,
                    "--initial-cluster", "bench=" + peer));
        }
        return line;
    }
}
