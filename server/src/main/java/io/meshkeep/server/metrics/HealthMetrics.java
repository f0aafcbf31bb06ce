package io.meshkeep.server.metrics;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Outcomes of the health endpoints. Thread-safe. */
public final class HealthMetrics {
    private record CheckId(String type, String name) {}

    private static final class CheckCounts {
        final LongAdder successes = new LongAdder();
        final LongAdder errors = new LongAdder();
        volatile boolean lastSucceeded;
    }

    private final LongAdder successes;
    private final LongAdder failures;
    private final Map<CheckId, CheckCounts> checks = new ConcurrentHashMap<>();

    HealthMetrics(Families families) {
        successes = families.bareCounter("etcd_server_health_success", "Requests to /health answered with true.");
        failures = families.bareCounter("etcd_server_health_failures", "Requests to /health answered with false.");
        families.labelledGauge(
                "etcd_server_healthcheck",
                "Whether a health check succeeded the last time it was run.",
                List.of("type", "name"),
                callback -> checks.forEach(
                        (id, counts) -> callback.call(counts.lastSucceeded ? 1 : 0, id.type(), id.name())));
        families.labelledCounter(
                "etcd_server_healthchecks_total",
                "Health checks run, by outcome.",
                List.of("type", "name", "status"),
                callback -> checks.forEach((id, counts) -> {
                    if (counts.successes.sum() > 0) {
                        callback.call(counts.successes.sum(), id.type(), id.name(), "success");
                    }
                    if (counts.errors.sum() > 0) {
                        callback.call(counts.errors.sum(), id.type(), id.name(), "error");
                    }
                }));
    }

    /** Counts an answer of {@code /health}. */
    public void health(boolean healthy) {
        (healthy ? successes : failures).increment();
    }

    /**
     * Counts one run of a check. The caller has a fixed set of checks; nothing here limits their number.
     *
     * @param type {@code livez} or {@code readyz}
     * @param name the check's name
     */
    public void check(String type, String name, boolean succeeded) {
        CheckCounts counts = checks.computeIfAbsent(new CheckId(type, name), ignored -> new CheckCounts());
        (succeeded ? counts.successes : counts.errors).increment();
        counts.lastSucceeded = succeeded;
    }
}
