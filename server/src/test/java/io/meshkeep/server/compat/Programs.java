package io.meshkeep.server.compat;

import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The programs of others that these tests compare with and drive. Where they are can be said by the system properties
 * {@code meshkeep.test.etcd} and {@code meshkeep.test.etcdctl}; the default is where Debian's etcd-server and
 * etcd-client put them.
 */
final class Programs {
    static final Path ETCD = program("meshkeep.test.etcd", "/usr/bin/etcd");
    static final Path ETCDCTL = program("meshkeep.test.etcdctl", "/usr/bin/etcdctl");

    private Programs() {}

    private static Path program(String property, String otherwise) {
        return Path.of(System.getProperty(property, otherwise));
    }

    /** Without these programs the test is left out, visibly; in CI it fails. */
    static void require(Path... programs) {
        if (!areThere(programs)) {
            Assumptions.abort(missing(programs));
        }
    }

    /** Whether the programs are there; in CI the test fails if one is not. */
    static boolean areThere(Path... programs) {
        boolean there = Stream.of(programs).allMatch(Files::isExecutable);
        if (!there && "true".equals(System.getenv("CI"))) {
            fail(missing(programs));
        }
        return there;
    }

    private static String missing(Path... programs) {
        return Stream.of(programs)
                .filter(program -> !Files.isExecutable(program))
                .map(program -> program + " is missing")
                .collect(Collectors.joining(", ", "", " (Debian: apt-get install etcd-server etcd-client)"));
    }
}
