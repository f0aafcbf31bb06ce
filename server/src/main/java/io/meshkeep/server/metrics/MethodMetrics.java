package io.meshkeep.server.metrics;

import io.grpc.Status;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import java.util.concurrent.atomic.LongAdder;

/**
 * The counters of one RPC method, resolved once and then used for each call at the cost of an uncontended
 * {@link LongAdder}. Thread-safe.
 */
public final class MethodMetrics {
    private static final int CODES = Status.Code.values().length;

    private final String service;
    private final String method;
    private final GrpcType type;
    private final LongAdder started = new LongAdder();
    private final LongAdder received = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder[] handled = new LongAdder[CODES];
    private final DurationHistogram handling;

    /** @param handling the histogram of handling times, or null when they are not measured */
    MethodMetrics(String service, String method, GrpcType type, DistributionDataPoint handling) {
        this.service = service;
        this.method = method;
        this.type = type;
        this.handling = handling == null ? null : DurationHistogram.inSeconds(handling);
        for (int i = 0; i < CODES; i++) {
            handled[i] = new LongAdder();
        }
    }

    /**
     * Counts the start of a call.
     *
     * @return what {@link #handled} wants to know about the call's beginning; 0 when times are not measured
     */
    public long started() {
        started.increment();
        return handling == null ? 0 : System.nanoTime();
    }

    /**
     * Counts the end of a call.
     *
     * @param code the status with which it ended
     * @param start what {@link #started()} returned for this call
     */
    public void handled(Status.Code code, long start) {
        handled[code.ordinal()].increment();
        if (handling != null) {
            handling.observeNanos(System.nanoTime() - start);
        }
    }

    /** Counts a message that came in. */
    public void messageReceived() {
        received.increment();
    }

    /** Counts a message that went out. */
    public void messageSent() {
        sent.increment();
    }

    String service() {
        return service;
    }

    String method() {
        return method;
    }

    GrpcType type() {
        return type;
    }

    long startedTotal() {
        return started.sum();
    }

    long receivedTotal() {
        return received.sum();
    }

    long sentTotal() {
        return sent.sum();
    }

    long handledTotal(Status.Code code) {
        return handled[code.ordinal()].sum();
    }
}
