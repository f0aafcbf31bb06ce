package io.meshkeep.server.metrics;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Registers metric families in one registry. Not thread-safe: used while {@link Metrics} is being built.
 *
 * <p>The client library ends every counter's name in {@code _total}; a few of etcd's counters have no such ending.
 * Those are kept apart, in {@link #bareCounters()}, for {@link TextExposition} to write.
 */
final class Families {
    /** A counter that must be written under exactly its name. */
    record BareCounter(String name, String help, LongAdder value) {}

    private final PrometheusRegistry registry;
    private final List<BareCounter> bareCounters = new ArrayList<>();

    Families(PrometheusRegistry registry) {
        this.registry = registry;
    }

    PrometheusRegistry registry() {
        return registry;
    }

    List<BareCounter> bareCounters() {
        return List.copyOf(bareCounters);
    }

    /** A counter without labels; {@code name} ends in {@code _total}. */
    LongAdder counter(String name, String help) {
        LongAdder value = new LongAdder();
        counter(name, help, value::sum);
        return value;
    }

    /** A counter whose value somebody else keeps. */
    void counter(String name, String help, LongSupplier value) {
        labelledCounter(name, help, List.of(), callback -> callback.call((double) value.getAsLong()));
    }

    /** A counter whose name does not end in {@code _total}. */
    LongAdder bareCounter(String name, String help) {
        LongAdder value = new LongAdder();
        bareCounters.add(new BareCounter(name, help, value));
        return value;
    }

    void labelledCounter(
            String name, String help, List<String> labelNames, Consumer<CounterWithCallback.Callback> callback) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(labelNames.toArray(String[]::new))
                .callback(callback)
                .register(registry);
    }

    void gauge(String name, String help, LongSupplier value) {
        labelledGauge(name, help, List.of(), callback -> callback.call((double) value.getAsLong()));
    }

    void labelledGauge(
            String name, String help, List<String> labelNames, Consumer<GaugeWithCallback.Callback> callback) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(labelNames.toArray(String[]::new))
                .callback(callback)
                .register(registry);
    }

    /** A classic histogram with the given upper bounds (the last one, infinity, is implied). */
    Histogram histogram(String name, String help, double[] upperBounds, String... labelNames) {
        return Histogram.builder()
                .name(name)
                .help(help)
                .labelNames(labelNames)
                .classicOnly()
                .classicUpperBounds(upperBounds)
                .withoutExemplars()
                .register(registry);
    }

    /** {@code count} bounds, each {@code factor} times the one before it. */
    static double[] exponential(double first, double factor, int count) {
        double[] bounds = new double[count];
        double bound = first;
        for (int i = 0; i < count; i++) {
            bounds[i] = bound;
            bound *= factor;
        }
        return bounds;
    }
}
