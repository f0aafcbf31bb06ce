package io.meshkeep.loadtest.process;

import io.meshkeep.loadtest.report.Machine;
import io.meshkeep.loadtest.tls.MutualTls;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A server that takes etcd's flags, and how it is started.
 *
 * @param name for tables
 * @param command program and leading arguments
 * @param peers whether it has to be told a peer URL, or would take etcd's default port
 * @param tls what it shows to clients and asks of them; in cleartext without
 */
public record Contender(String name, List<String> command, boolean peers, Optional<MutualTls> tls) {
    /** More than a run writes; etcd's own default is 2 GiB, which long values fill in seconds. */
    private static final long QUOTA_BYTES = 16L << 30;

    /** etcd itself. */
    public static Contender etcd(Path binary, Optional<MutualTls> tls) {
        return new Contender("etcd", List.of(binary.toString()), true, tls);
    }

    /** A server of ours. */
    public static Contender ours(String name, List<String> command, Optional<MutualTls> tls) {
        return new Contender(name, command, false, tls);
    }

    /** What it says of its version, in one line. */
    public String version() throws InterruptedException {
        List<String> question = new ArrayList<>(command);
        if (!peers) {
            question.remove("serve");
        }
        question.add(peers ? "--version" : "version");
        return Machine.version(question);
    }

    /** The whole command line for a server on a directory and ports of its own. */
    List<String> commandLine(Path dataDirectory, int clientPort, int peerPort) {
        String client = (tls.isPresent() ? "https" : "http") + "://127.0.0.1:" + clientPort;
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
                "--quota-backend-bytes",
                Long.toString(QUOTA_BYTES),
                "--log-level",
                "warn"));
        tls.ifPresent(files -> line.addAll(List.of(
                "--cert-file",
                files.certificate().toString(),
                "--key-file",
                files.key().toString(),
                "--trusted-ca-file",
                files.authority().toString(),
                "--client-cert-auth")));
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
