package io.meshkeep.server.http;

import io.meshkeep.server.metrics.HealthMetrics;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /health}: no alarm but excluded ones, a leader, and a read that works. With {@code serializable=true} this
 * member alone is asked.
 */
final class HealthRoute implements HttpRoute {
    private static final Logger log = LoggerFactory.getLogger(HealthRoute.class);

    private final HealthSource source;
    private final HealthMetrics metrics;
    private final Duration readTimeout;
    private final LogLimiter warnings = new LogLimiter(Duration.ofSeconds(10));

    HealthRoute(HealthSource source, HealthMetrics metrics, Duration readTimeout) {
        this.source = source;
        this.metrics = metrics;
        this.readTimeout = readTimeout;
    }

    @Override
    public CompletionStage<HttpReply> handle(HttpCall call) {
        if (!call.method().equals("GET")) {
            return CompletableFuture.completedFuture(HttpReply.methodNotAllowed("GET"));
        }
        boolean serializable = call.first("serializable").equals("true");
        Optional<String> known = knownReason(call.all("exclude"), serializable);
        if (known.isPresent()) {
            return CompletableFuture.completedFuture(reply(known));
        }
        return HealthReads.read(source, serializable, readTimeout)
                .thenApply(error -> reply(error.map(e -> "RANGE ERROR:" + e)));
    }

    private Optional<String> knownReason(Set<String> excludedAlarms, boolean serializable) {
        for (String alarm : source.alarms()) {
            if (!excludedAlarms.contains(alarm)) {
                return Optional.of("ALARM " + alarm);
            }
        }
        return serializable || source.hasLeader() ? Optional.empty() : Optional.of("RAFT NO LEADER");
    }

    private HttpReply reply(Optional<String> reason) {
        boolean healthy = reason.isEmpty();
        metrics.health(healthy);
        String json = "{\"health\":\"" + healthy + "\",\"reason\":" + GoJson.string(reason.orElse("")) + "}";
        if (healthy) {
            return HttpReply.untypedText(json);
        }
        warnings.log(leftOut -> log.warn("/health answered {}{}", json, leftOut));
        return HttpReply.error(HttpResponseStatus.SERVICE_UNAVAILABLE, json);
    }
}
