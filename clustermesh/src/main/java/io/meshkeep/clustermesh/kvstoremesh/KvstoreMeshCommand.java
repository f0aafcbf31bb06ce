package io.meshkeep.clustermesh.kvstoremesh;

import com.google.gson.JsonArray;
import io.meshkeep.clustermesh.http.MonitoringPorts;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.server.cli.ServeOptions;
import io.meshkeep.server.cli.ServerProcess;
import io.meshkeep.server.cli.UsageException;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code meshkeep kvstoremesh}: mirrors other clusters, or says how that goes. */
public final class KvstoreMeshCommand {
    private static final Logger log = LoggerFactory.getLogger(KvstoreMeshCommand.class);

    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int MISUSED = 2;
    private static final Duration STATUS_TIMEOUT = Duration.ofSeconds(10);

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;

    public KvstoreMeshCommand(PrintStream out, PrintStream err, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.environment = environment;
    }

    /**
     * Runs the command to its end.
     *
     * @param arguments after {@code kvstoremesh}
     * @return the exit status
     */
    public int run(List<String> arguments) {
        if (arguments.contains("--help") || arguments.contains("-h") || arguments.equals(List.of("help"))) {
            out.print(help());
            return OK;
        }
        try {
            if (!arguments.isEmpty()
                    && (arguments.get(0).equals("status") || arguments.get(0).equals("--status"))) {
                return status(arguments.subList(1, arguments.size()));
            }
            MeshOptions options = MeshOptions.parse(arguments, environment);
            beginLogging(options.logLevel());
            return mirror(options);
        } catch (IllegalArgumentException | UsageException misused) {
            return fail(MISUSED, misused.getMessage());
        } catch (IOException failed) {
            return fail(FAILED, failed.getMessage());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return fail(FAILED, "interrupted");
        }
    }

    /** As the server does. */
    private static void beginLogging(String level) throws UsageException {
        ServerProcess.beginLogging(
                ServeOptions.parse(List.of("--log-level=" + level), Map.of(), ServerProcess.isTerminal()));
    }

    private int fail(int status, String message) {
        err.println("meshkeep: " + message);
        return status;
    }

    private int mirror(MeshOptions options) throws IOException, InterruptedException {
        KvstoreMeshConfig config = options.config();
        CountDownLatch ended = new CountDownLatch(1);
        try (ChannelKvstore local = ChannelKvstore.connect(options.localStore());
                KvstoreMesh mesh = KvstoreMesh.start(config, local);
                MonitoringPorts ports = new MonitoringPorts()) {
            say("/readyz", ports.health(options.healthAddress(), mesh::isReady));
            if (options.apiAddress().isPresent()) {
                say(
                        StatusOutput.PATH,
                        ports.json(
                                options.apiAddress().get(), StatusOutput.PATH, () -> StatusOutput.json(mesh.status())));
            }
            if (options.metricsAddress().isPresent()) {
                PrometheusRegistry registry = new PrometheusRegistry();
                MeshMetrics.register(registry, mesh);
                JvmMetrics.builder().register(registry);
                say("/metrics", ports.metrics(options.metricsAddress().get(), registry));
            }
            out.println(
                    "Meshkeep mirrors the clusters in " + config.directory() + " into cluster " + config.clusterName());
            out.flush();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(mesh, ended), "kvstoremesh-shutdown"));
            ended.await();
            return OK;
        }
    }

    /** Left to itself a JVM ends with 128 and the signal's number, which Kubernetes takes for a failure. */
    private static void stop(KvstoreMesh mesh, CountDownLatch ended) {
        log.info("stopping");
        mesh.close();
        ended.countDown();
        Runtime.getRuntime().halt(OK);
    }

    private static void say(String path, InetSocketAddress address) {
        log.info("{} is served on {}:{}", path, address.getAddress().getHostAddress(), address.getPort());
    }

    private int status(List<String> arguments) throws IOException, InterruptedException {
        boolean json = false;
        boolean verbose = false;
        List<String> flags = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.equals("--verbose")) {
                verbose = true;
            } else if (argument.equals("-o") || argument.equals("--output")) {
                i++;
                json = isJson(i < arguments.size() ? arguments.get(i) : "");
            } else if (argument.startsWith("-o=") || argument.startsWith("--output=")) {
                json = isJson(argument.substring(argument.indexOf('=') + 1));
            } else if (argument.equals("-ojson")) {
                json = true;
            } else {
                flags.add(argument);
            }
        }
        InetSocketAddress address = MeshOptions.parse(flags, environment)
                .apiAddress()
                .orElseThrow(() -> new IllegalArgumentException("--api-serve-addr says where to ask"));
        JsonArray clusters = ask(address);
        out.print(json ? StatusOutput.pretty(clusters) : StatusOutput.text(clusters, Instant.now(), verbose));
        return OK;
    }

    private static boolean isJson(String format) {
        if (!format.equals("json")) {
            throw new IllegalArgumentException("-o takes json");
        }
        return true;
    }

    private static JsonArray ask(InetSocketAddress address) throws IOException, InterruptedException {
        boolean everywhere = address.getAddress().isAnyLocalAddress();
        String host = everywhere ? "127.0.0.1" : address.getAddress().getHostAddress();
        String authority = (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
        URI uri = URI.create("http://" + authority + "/v1/cluster");
        HttpClient client =
                HttpClient.newBuilder().connectTimeout(STATUS_TIMEOUT).build();
        HttpRequest request =
                HttpRequest.newBuilder(uri).timeout(STATUS_TIMEOUT).build();
        HttpResponse<String> response;
        try {
            response = client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new IOException(
                    "no kvstoremesh answers at " + authority + " (" + (e.getMessage() == null ? e : e.getMessage())
                            + "); is it running there, and is --api-serve-addr the same?",
                    e);
        }
        if (response.statusCode() != 200) {
            throw new IOException(uri + " answers " + response.statusCode());
        }
        try {
            return StatusOutput.parse(response.body());
        } catch (IllegalArgumentException e) {
            throw new IOException(uri + ": " + e.getMessage(), e);
        }
    }

    static String help() {
        StringBuilder text = new StringBuilder("""
                Usage:
                  meshkeep kvstoremesh [flags]                         mirror other clusters into the local store
                  meshkeep kvstoremesh status [-o json] [--verbose]    how it stands with each, of one that runs
                                              [--api-serve-addr A]

                Flags are those of Cilium's kvstoremesh. Every flag is also a variable: --cluster-name is
                CILIUM_CLUSTER_NAME; the flag wins.

                """);
        for (MeshFlag flag : MeshFlag.values()) {
            text.append("  --").append(flag.flag());
            if (!flag.initial().isEmpty()) {
                text.append(" (").append(flag.initial()).append(')');
            }
            text.append("\n      ").append(flag.meaning()).append('\n');
        }
        return text.toString();
    }
}
