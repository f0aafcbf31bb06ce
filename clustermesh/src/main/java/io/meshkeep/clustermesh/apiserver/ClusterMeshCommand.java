package io.meshkeep.clustermesh.apiserver;

import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.StartException;
import io.meshkeep.server.cli.ServeOptions;
import io.meshkeep.server.cli.ServerProcess;
import io.meshkeep.server.cli.Training;
import io.meshkeep.server.cli.UsageException;
import io.meshkeep.store.StoreException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code meshkeep clustermesh}. */
public final class ClusterMeshCommand {
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;
    private final List<Part.Factory> parts;

    /** @param parts what else runs in the process, if the options ask for it */
    public ClusterMeshCommand(
            PrintStream out, PrintStream err, Map<String, String> environment, List<Part.Factory> parts) {
        this.out = out;
        this.err = err;
        this.environment = environment;
        this.parts = List.copyOf(parts);
    }

    /**
     * Runs the command to its end.
     *
     * @param arguments after {@code clustermesh}
     * @return the exit status
     */
    public int run(List<String> arguments) throws InterruptedException {
        if (arguments.contains("--help") || arguments.contains("-h") || arguments.equals(List.of("help"))) {
            out.print(help());
            return OK;
        }
        ApiServerOptions options;
        ServeOptions serve;
        try {
            options = ApiServerOptions.parse(arguments, environment);
            serve = ServeOptions.parse(storeArguments(options), environment, ServerProcess.isTerminal());
            ServerProcess.beginLogging(serve);
        } catch (IllegalArgumentException | UsageException misused) {
            return fail(MISUSED, misused.getMessage());
        }
        try {
            return serve(options, serve.config());
        } catch (IOException | StartException failed) {
            return fail(FAILED, failed.getMessage());
        }
    }

    /** The store in the pod starts above any earlier one, unless told otherwise, so that clients notice that it is new. */
    private static List<String> storeArguments(ApiServerOptions options) {
        List<String> arguments = new ArrayList<>();
        arguments.add("--initial-revision=time");
        if (options.debug()) {
            arguments.add("--debug");
        }
        arguments.addAll(options.storeArguments());
        return arguments;
    }

    private int serve(ApiServerOptions options, ServerConfig store)
            throws IOException, StartException, InterruptedException {
        Logger log = LoggerFactory.getLogger(ClusterMeshCommand.class);
        AtomicBoolean ending = new AtomicBoolean();
        AtomicReference<ApiServer> running = new AtomicReference<>();
        Thread onSignal = new Thread(() -> stop(running, ending, log), "clustermesh-shutdown");
        Runtime.getRuntime().addShutdownHook(onSignal);
        ApiServer server;
        try {
            server = ApiServer.start(options, store, parts);
        } catch (IOException | StartException | RuntimeException cannotStart) {
            ending.set(true);
            throw cannotStart;
        }
        running.set(server);
        if (Training.isAllThereIs()) {
            ending.set(true);
            Training.run(server.store().orElseThrow(), store.dataDir());
            server.close();
            return OK;
        }
        out.println("Meshkeep synchronises cluster " + options.cluster().name()
                + server.store()
                        .map(own -> " and serves clients on " + String.join(", ", own.clientUrls()))
                        .orElse(""));
        out.flush();
        if (server.store().isEmpty()) {
            new CountDownLatch(1).await();
        }
        String reason = "the store stopped by itself";
        try {
            server.store().orElseThrow().awaitTermination();
        } catch (StoreException failure) {
            log.error("the store failed", failure);
            reason = failure.getMessage();
        }
        if (!ending.compareAndSet(false, true)) {
            // the shutdown hook is closing everything and ends the process
            onSignal.join();
        }
        // Left unclosed: after a failed write nothing more may reach the disk, and a stop at any moment is safe.
        return fail(FAILED, reason);
    }

    /** Ends the process with 0: left to itself a JVM ends with 128 and the signal's number, which looks like a failure. */
    private static void stop(AtomicReference<ApiServer> running, AtomicBoolean ending, Logger log) {
        if (!ending.compareAndSet(false, true)) {
            return;
        }
        log.info("stopping");
        ApiServer server = running.get();
        if (server != null) {
            // otherwise it is still starting, which may be broken off at any moment
            server.close();
        }
        log.info("stopped");
        Runtime.getRuntime().halt(OK);
    }

    private int fail(int status, String message) {
        err.println("meshkeep: " + message);
        return status;
    }

    static String help() {
        StringBuilder text = new StringBuilder("""
                Usage:
                  meshkeep clustermesh [flags]

                Keeps the keys of a Kubernetes cluster in a store, which is in the same process unless --etcd-config
                says otherwise. Flags are those of Cilium's clustermesh-apiserver; those of meshkeep serve are for the
                store. Every flag is also a variable: --cluster-name is CILIUM_CLUSTER_NAME; the flag wins.

                """);
        for (ApiServerFlag flag : ApiServerFlag.values()) {
            text.append("  --").append(flag.flag());
            if (!flag.initial().isEmpty()) {
                text.append(" (").append(flag.initial()).append(')');
            }
            text.append("\n      ").append(flag.meaning()).append('\n');
        }
        return text.toString();
    }
}
