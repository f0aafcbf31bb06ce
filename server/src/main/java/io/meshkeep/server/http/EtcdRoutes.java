package io.meshkeep.server.http;

import io.meshkeep.server.metrics.Metrics;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * The routes that etcd serves beside its API, with its answers to the byte (compared with 3.5.35 and 3.6.16):
 * {@code /version}, {@code /health}, {@code /livez}, {@code /readyz}, {@code /metrics}. {@code /debug/vars} is not
 * among them.
 */
public final class EtcdRoutes {
    /** How long a health check's read may take: etcd's request timeout at its default settings. */
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(7);

    private static final String CORRUPT = "CORRUPT";

    private final HealthSource health;
    private final Metrics metrics;
    private final Executor slow;

    /**
     * Prepares the routes of one server.
     *
     * @param health what is known about the server's state
     * @param metrics what {@code /metrics} shows, and where the health endpoints count
     * @param slow runs the scrapes, off the event loops; one thread is enough
     */
    public EtcdRoutes(HealthSource health, Metrics metrics, Executor slow) {
        this.health = health;
        this.metrics = metrics;
        this.slow = slow;
    }

    /** The routes of the clients' port, to which others may be added. */
    public HttpRoutes.Builder forClients(VersionInfo version) {
        return forMonitoring().exact("/version", call -> version(call, version));
    }

    /** The routes of a port for monitoring. */
    public HttpRoutes.Builder forMonitoring() {
        HttpRoutes.Builder routes = HttpRoutes.builder()
                .exact("/health", new HealthRoute(health, metrics.health(), READ_TIMEOUT))
                .exact("/metrics", new MetricsRoute(metrics, slow));
        HealthCheck serializableRead = readCheck("serializable_read", true);
        CheckRoute.addTo(routes, "livez", List.of(serializableRead), metrics.health());
        CheckRoute.addTo(
                routes,
                "readyz",
                List.of(
                        new HealthCheck("data_corruption", () -> CompletableFuture.completedFuture(corruption())),
                        serializableRead,
                        readCheck("linearizable_read", false),
                        new HealthCheck("non_learner", () -> CompletableFuture.completedFuture(learner()))),
                metrics.health());
        return routes;
    }

    private static CompletionStage<HttpReply> version(HttpCall call, VersionInfo version) {
        return CompletableFuture.completedFuture(
                call.method().equals("GET")
                        ? HttpReply.of(
                                HttpResponseStatus.OK,
                                "application/json",
                                version.toJson().getBytes(StandardCharsets.UTF_8))
                        : HttpReply.methodNotAllowed("GET"));
    }

    private HealthCheck readCheck(String name, boolean serializable) {
        return new HealthCheck(name, () -> HealthReads.read(health, serializable, READ_TIMEOUT));
    }

    private Optional<String> corruption() {
        return health.alarms().contains(CORRUPT) ? Optional.of("alarm activated: " + CORRUPT) : Optional.empty();
    }

    private Optional<String> learner() {
        return health.isLearner() ? Optional.of("not supported for learner") : Optional.empty();
    }
}
