package io.meshkeep.server.compat;

import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Files;
import java.nio.file.Path;
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
        for (Path program : programs) {
            if (!Files.isExecutable(program)) {
                String missing = program + " is missing (Debian: apt-get install etcd-server etcd-client)";
                if ("true".equals(System.getenv("CI"))) {
                    fail(missing);
                }
                Assumptions.abort(missing);
            }
        }
    }
}
