package io.meshkeep.server.crash;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;

/** Something of the machine that a test cannot do without. */
public final class Requirement {
    private Requirement() {}

    /**
     * Goes on if the machine has it. If it has not, a run in CI ({@code CI=true}) fails; elsewhere the test is left out
     * and says so.
     */
    public static void of(boolean met, String what) {
        if (!met && Boolean.parseBoolean(System.getenv("CI"))) {
            throw new AssertionError("in CI this test must run, but " + what);
        }
        Assumptions.assumeTrue(met, what);
    }

    /** Goes on if a program is on the path. */
    public static void program(String name) {
        boolean found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, name)));
        of(found, "there is no " + name + " (Debian: apt-get install " + name + ")");
    }
}
