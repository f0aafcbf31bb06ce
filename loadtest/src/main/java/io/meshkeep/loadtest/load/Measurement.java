package io.meshkeep.loadtest.load;

import org.HdrHistogram.Histogram;

/**
 * What a load did in one window of time.
 *
 * @param operations how many operations ended in it
 * @param nanos its length
 * @param cpuNanos processor time that the server used in it, 0 if it is not known
 * @param latency latencies of these operations in nanoseconds
 */
public record Measurement(long operations, long nanos, long cpuNanos, Histogram latency) {
    public double perSecond() {
        return operations * 1e9 / nanos;
    }

    public double cpuMicrosPerOperation() {
        return cpuNanos / 1e3 / operations;
    }

    /** A percentile of the latency, in microseconds. */
    public double latencyMicros(double percentile) {
        return latency.getValueAtPercentile(percentile) / 1e3;
    }
}
