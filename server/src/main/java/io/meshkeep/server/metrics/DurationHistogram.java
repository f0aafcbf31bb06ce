package io.meshkeep.server.metrics;

import io.prometheus.metrics.core.datapoints.DistributionDataPoint;

/** A histogram of durations, kept in the unit that its name announces. Thread-safe. */
public final class DurationHistogram {
    private final DistributionDataPoint histogram;
    private final double unitNanos;

    private DurationHistogram(DistributionDataPoint histogram, double unitNanos) {
        this.histogram = histogram;
        this.unitNanos = unitNanos;
    }

    static DurationHistogram inSeconds(DistributionDataPoint histogram) {
        return new DurationHistogram(histogram, 1e9);
    }

    static DurationHistogram inMilliseconds(DistributionDataPoint histogram) {
        return new DurationHistogram(histogram, 1e6);
    }

    /**
     * Records one duration.
     *
     * @param nanos the duration in nanoseconds
     */
    public void observeNanos(long nanos) {
        histogram.observe(nanos / unitNanos);
    }
}
