/**
 * What the server counts and measures, under etcd's metric names, so that dashboards and alerts written for etcd work
 * unchanged.
 *
 * <p>{@link io.meshkeep.server.metrics.Metrics} owns one registry per server. Code on a hot path holds a
 * {@link java.util.concurrent.atomic.LongAdder} or a {@link io.meshkeep.server.metrics.MethodMetrics} that was resolved
 * once; names, labels and formatting are dealt with when somebody scrapes. Values that the store already knows are
 * pulled through {@link io.meshkeep.server.metrics.MetricsSource} at that moment.
 */
package io.meshkeep.server.metrics;
