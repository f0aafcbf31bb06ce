package io.meshkeep.clustermesh.pod;

import io.meshkeep.clustermesh.cli.Main;
import java.util.Set;

/** {@code /usr/bin/meshkeep}: all commands of the launcher that need no sources. */
public final class Meshkeep {
    private static final Set<String> OF_CLUSTERMESH = Set.of("clustermesh", "kvstoremesh", "vm", "troubleshoot");

    private Meshkeep() {}

    /** @param arguments a command and its flags */
    public static void main(String[] arguments) {
        if (arguments.length > 0 && OF_CLUSTERMESH.contains(arguments[0])) {
            Main.main(arguments);
        } else {
            io.meshkeep.server.cli.Main.main(arguments);
        }
    }
}
