package io.meshkeep.server.http;

import io.meshkeep.server.metrics.HealthMetrics;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs checks and says {@code ok} if none of them fails, or which do. */
final class CheckRoute implements HttpRoute {
    private static final Logger log = LoggerFactory.getLogger(CheckRoute.class);

    private final String type;
    private final List<HealthCheck> checks;
    private final boolean excludable;
    private final HealthMetrics metrics;
    private final LogLimiter warnings = new LogLimiter(Duration.ofSeconds(10));

    private record Outcome(String check, Optional<String> error) {
        String line() {
            return error.map(e -> "[-]" + check + " failed: " + e + "\n").orElse("[+]" + check + " ok\n");
        }
    }

    private CheckRoute(String type, List<HealthCheck> checks, boolean excludable, HealthMetrics metrics) {
        this.type = type;
        this.checks = checks;
        this.excludable = excludable;
        this.metrics = metrics;
    }

    /** Adds {@code /type} for all checks and {@code /type/name} for each. */
    static void addTo(HttpRoutes.Builder routes, String type, List<HealthCheck> checks, HealthMetrics metrics) {
        routes.exact("/" + type, new CheckRoute(type, checks, true, metrics));
        for (HealthCheck check : checks) {
            routes.exact("/" + type + "/" + check.name(), new CheckRoute(type, List.of(check), false, metrics));
        }
    }

    @Override
    public CompletionStage<HttpReply> handle(HttpCall call) {
        if (!call.method().equals("GET")) {
            return CompletableFuture.completedFuture(HttpReply.methodNotAllowed("GET"));
        }
        // Names of checks that do not exist are let pass, since versions differ in their checks.
        Set<String> excluded = excludable ? call.all("exclude") : Set.of();
        CompletionStage<List<Outcome>> outcomes = CompletableFuture.completedFuture(List.of());
        for (HealthCheck check : checks) {
            if (!excluded.contains(check.name())) {
                outcomes = outcomes.thenCombine(check.run().get(), (done, error) -> {
                    metrics.check(type, check.name(), error.isEmpty());
                    List<Outcome> all = new ArrayList<>(done);
                    all.add(new Outcome(check.name(), error));
                    return all;
                });
            }
        }
        return outcomes.thenApply(all -> reply(all, call.has("verbose")));
    }

    private HttpReply reply(List<Outcome> outcomes, boolean verbose) {
        String lines = outcomes.stream().map(Outcome::line).collect(Collectors.joining());
        if (outcomes.stream().allMatch(o -> o.error().isEmpty())) {
            return HttpReply.text((verbose ? lines : "") + "ok\n");
        }
        warnings.log(leftOut -> log.warn("/{} failed: {}{}", type, lines.strip().replace('\n', ','), leftOut));
        return HttpReply.error(HttpResponseStatus.SERVICE_UNAVAILABLE, lines);
    }
}
