package io.meshkeep.server.differential;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/** What can be chosen from outside, as a system property or in the environment. */
final class Settings {
    private Settings() {}

    /** The etcd binary to measure by: {@code meshkeep.differential.referee}, MESHKEEP_REFEREE, else that of PATH. */
    static Optional<Path> referee() {
        return setting("meshkeep.differential.referee", "MESHKEEP_REFEREE")
                .map(Path::of)
                .or(Settings::etcdOfPath);
    }

    /** Another etcd binary in our place, to try the harness: {@code meshkeep.differential.candidate}. */
    static Optional<Path> candidate() {
        return setting("meshkeep.differential.candidate", "MESHKEEP_CANDIDATE").map(Path::of);
    }

    /** Where to write transcripts: {@code meshkeep.differential.record}, MESHKEEP_RECORD. */
    static Optional<Path> record() {
        return setting("meshkeep.differential.record", "MESHKEEP_RECORD").map(Path::of);
    }

    static int ops() {
        return Integer.getInteger("meshkeep.differential.ops", 10_000);
    }

    static long seed() {
        return Long.getLong("meshkeep.differential.seed", 1);
    }

    /**
     * What to throw where a test needs an etcd and there is none: that leaves the test out, with a message, on a
     * machine with a JDK alone, and fails it in continuous integration.
     */
    static RuntimeException noReferee(String what) {
        String message = "LEFT OUT: " + what + ", for want of an etcd on the PATH (apt-get install etcd-server)"
                + " or MESHKEEP_REFEREE";
        if ("true".equals(System.getenv("CI"))) {
            throw new AssertionError(message);
        }
        System.err.println(message);
        return new TestAbortedException(message);
    }

    private static Optional<String> setting(String property, String variable) {
        return Optional.ofNullable(System.getProperty(property, System.getenv(variable)))
                .filter(s -> !s.isBlank());
    }

    private static Optional<Path> etcdOfPath() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, "etcd"))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
