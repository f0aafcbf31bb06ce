package io.meshkeep.loadtest.load;

import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/** Counts what a load has done. Confined to the client's event loop. */
public final class Recorder {
    /** Latencies above this are counted as this; calls do not take longer on one machine. */
    static final long HIGHEST_NANOS = 120_000_000_000L;

    private final Consumer<Throwable> onFailure;
    private Histogram latency = newHistogram();
    private long operations;

    public Recorder(Consumer<Throwable> onFailure) {
        this.onFailure = onFailure;
    }

    /** An empty histogram of latencies in nanoseconds. */
    public static Histogram newHistogram() {
        return new Histogram(HIGHEST_NANOS, 3);
    }

    /** An operation has ended well. Times are those of {@link System#nanoTime}. */
    public void record(long begin, long end) {
        operations++;
        latency.recordValue(Math.min(Math.max(0, end - begin), HIGHEST_NANOS));
    }

    /** The load cannot go on, or the server did something wrong; the run ends. */
    public void fail(Throwable cause) {
        onFailure.accept(cause);
    }

    /** How many operations have ended well. */
    public long operations() {
        return operations;
    }

    /** The latencies recorded so far; recording goes on in a new histogram. */
    public Histogram takeLatency() {
        Histogram taken = latency;
        latency = newHistogram();
        return taken;
    }
}
