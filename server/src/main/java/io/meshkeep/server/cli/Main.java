package io.meshkeep.server.cli;

import io.meshkeep.certs.cli.CertsCommand;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.StartException;
import io.meshkeep.server.cli.mesh.MeshCommand;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@code meshkeep} command.
 *
 * <p>It ends with 0 after help, a version or an orderly stop (SIGTERM, SIGINT), 1 when the server cannot start or fails,
 * and 2 when it was called wrongly. What is wrong is said in one line on standard error.
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

    /** @param arguments a command and its flags, or etcd's flags alone */
    public static void main(String[] arguments) {
        ServerProcess.prepareLogging();
        ServerProcess.prepareNetty();
        int status = new Main(System.out, System.err, System.getenv()).run(Arrays.asList(arguments));
        if (status != OK) {
            System.exit(status);
        }
    }

    /** Runs a command to its end and gives the exit status. */
    int run(List<String> arguments) {
        try {
            return dispatch(arguments);
        } catch (UsageException misused) {
            return fail(MISUSED, misused.getMessage());
        } catch (StartException cannotStart) {
            return fail(FAILED, cannotStart.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return fail(FAILED, "interrupted");
        }
    }

    private int dispatch(List<String> arguments) throws UsageException, StartException, InterruptedException {
        if (arguments.isEmpty()) {
            out.print(Help.overview());
            return OK;
        }
        String command = arguments.get(0);
        List<String> rest = arguments.subList(1, arguments.size());
        switch (command) {
            case "help", "-h", "-help", "--help":
                out.print(rest.contains("serve") ? Help.serve() : Help.overview());
                return OK;
            case "version", "-version", "--version":
                out.print(Version.text());
                return OK;
            case "serve":
                return serve(rest);
            case "certs":
                return CertsCommand.run(rest, out, err);
            case "mesh":
                return MeshCommand.run(rest, environment, out, err);
            case "init":
                return InitCommand.run(rest, out);
            case "auth":
                if (rest.isEmpty() || !rest.get(0).equals("explain")) {
                    throw new UsageException("meshkeep auth knows one command: explain");
                }
                return ExplainCommand.run(rest.subList(1, rest.size()), environment, out);
            default:
                if (command.startsWith("-")) {
                    return serve(arguments);
                }
                throw new UsageException("unknown command \"" + command + "\"; see meshkeep help");
        }
    }

    private int serve(List<String> arguments) throws UsageException, StartException, InterruptedException {
        // As with Go's flag package, wherever they stand among the flags.
        for (String argument : arguments) {
            switch (argument) {
                case "-h", "-help", "--help":
                    out.print(Help.serve());
                    return OK;
                case "-version", "--version":
                    out.print(Version.text());
                    return OK;
                default:
            }
        }
        ServeOptions options = ServeOptions.parse(arguments, environment, ServerProcess.isTerminal());
        ServerProcess.beginLogging(options);
        Logger log = LoggerFactory.getLogger(Main.class);

        AtomicBoolean ending = new AtomicBoolean();
        AtomicReference<MeshkeepServer> running = new AtomicReference<>();
        Thread onSignal = new Thread(() -> stop(running, ending, log), "meshkeep-shutdown");
        Runtime.getRuntime().addShutdownHook(onSignal);
        MeshkeepServer server;
        try {
            server = MeshkeepServer.start(options.config());
        } catch (StartException | RuntimeException cannotStart) {
            ending.set(true);
            throw cannotStart;
        }
        running.set(server);
        if (Training.isAllThereIs()) {
            ending.set(true);
            Training.run(server, options.config().dataDir());
            return OK;
        }
        tellReady(server, options.config(), log);
        String reason = "the server stopped by itself";
        try {
            server.awaitTermination();
        } catch (RuntimeException failure) {
            log.error("the server failed", failure);
            reason = failure.getMessage();
        }
        if (!ending.compareAndSet(false, true)) {
            // The shutdown hook is closing the server and ends the process.
            onSignal.join();
        }
        // Left unclosed: after a failed write nothing more may reach the disk, and a stop at any moment is safe.
        return fail(FAILED, reason);
    }

    private void tellReady(MeshkeepServer server, ServerConfig config, Logger log) {
        // Word for word etcd's, since test suites and scripts wait for it.
        log.info("ready to serve client requests");
        out.println("Meshkeep " + Version.meshkeep() + " serves " + String.join(", ", server.clientUrls())
                + ", data in " + config.dataDir().toAbsolutePath().normalize());
        out.flush();
    }

    /**
     * Closes the server and ends the process with 0: left to itself a JVM ends with 128 + the signal number, which
     * process managers take for a failure.
     */
    private static void stop(AtomicReference<MeshkeepServer> running, AtomicBoolean ending, Logger log) {
        if (!ending.compareAndSet(false, true)) {
            return;
        }
        try {
            log.info("stopping");
            MeshkeepServer server = running.get();
            if (server != null) {
                // Otherwise it is still starting, which may be broken off at any moment.
                server.close();
            }
            log.info("stopped");
            Runtime.getRuntime().halt(OK);
        } catch (RuntimeException broken) {
            log.error("the server did not close cleanly", broken);
            Runtime.getRuntime().halt(FAILED);
        }
    }

    private int fail(int status, String message) {
        err.println("meshkeep: " + message);
        return status;
    }
}
