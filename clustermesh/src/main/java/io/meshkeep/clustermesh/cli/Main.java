package io.meshkeep.clustermesh.cli;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The commands of this module. They end with 0 after an orderly stop, 1 when something fails and 2 when they are called
 * wrongly; what is wrong is said in one line on standard error.
 */
public final class Main {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int MISUSED = 2;

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;

    Main(PrintStream out, PrintStream err, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.environment = environment;
    }

    /** @param arguments a command and its flags */
    public static void main(String[] arguments) {
        int status = new Main(System.out, System.err, System.getenv()).run(Arrays.asList(arguments));
        if (status != OK) {
            System.exit(status);
        }
    }

    int run(List<String> arguments) {
        String command = arguments.isEmpty() ? "help" : arguments.get(0);
        switch (command) {
            default:
                err.println("meshkeep: unknown command \"" + command + "\"; see meshkeep help");
                return MISUSED;
        }
    }
}
