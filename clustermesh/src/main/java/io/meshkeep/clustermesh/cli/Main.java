package io.meshkeep.clustermesh.cli;

import io.meshkeep.clustermesh.apiserver.ClusterMeshCommand;
import io.meshkeep.clustermesh.apiserver.Part;
import io.meshkeep.clustermesh.kvstoremesh.KvstoreMeshCommand;
import io.meshkeep.clustermesh.kvstoremesh.KvstoreMeshPart;
import io.meshkeep.clustermesh.troubleshoot.TroubleshootCommand;
import io.meshkeep.clustermesh.vm.VmCommand;
import io.meshkeep.clustermesh.workload.ExternalWorkloadsPart;
import io.meshkeep.server.cli.ServerProcess;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The commands of this module. They end with 0 after an orderly stop, 1 when something fails and 2 when they are called
 * wrongly; what is wrong is said in one line on standard error.
 */
public final class Main {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int MISUSED = 2;

    /** What runs in the process of {@code clustermesh} beside the synchronisation, if its options ask for it. */
    private static final List<Part.Factory> PARTS = List.of(KvstoreMeshPart::start, ExternalWorkloadsPart::start);

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
        ServerProcess.prepareLogging();
        ServerProcess.prepareNetty();
        int status = new Main(System.out, System.err, System.getenv()).run(Arrays.asList(arguments));
        if (status != OK) {
            System.exit(status);
        }
    }

    int run(List<String> arguments) {
        try {
            return dispatch(arguments);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            err.println("meshkeep: interrupted");
            return FAILED;
        }
    }

    private int dispatch(List<String> arguments) throws InterruptedException {
        String command = arguments.isEmpty() ? "help" : arguments.get(0);
        List<String> rest = arguments.isEmpty() ? arguments : arguments.subList(1, arguments.size());
        switch (command) {
            case "clustermesh":
                return new ClusterMeshCommand(out, err, environment, PARTS).run(rest);
            case "kvstoremesh":
                return new KvstoreMeshCommand(out, err, environment).run(rest);
            case "vm":
                // What libraries have to say is no part of the answer.
                Logger.getLogger("").setLevel(Level.WARNING);
                return new VmCommand(out, err).run(rest);
            case "troubleshoot":
                return TroubleshootCommand.run(rest, out, err);
            default:
                err.println("meshkeep: unknown command \"" + command + "\"; see meshkeep help");
                return MISUSED;
        }
    }
}
