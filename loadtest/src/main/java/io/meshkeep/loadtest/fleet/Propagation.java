package io.meshkeep.loadtest.fleet;

import io.meshkeep.loadtest.load.Recorder;
import java.util.HashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * Follows each write, by its revision, from the moment at which it was due to the last of its watchers. An event may
 * arrive before the answer to its write. Confined to the client's event loop.
 */
final class Propagation {
    private static final class Write {
        private long due;
        private int expected = -1;
        private int seen;
        private long last;
    }

    private final Map<Long, Write> open = new HashMap<>();
    private Histogram latency = Recorder.newHistogram();

    /**
     * A write has been answered.
     *
     * @param due when it should have been made
     * @param watchers how many are to hear of it
     */
    void answered(long revision, long due, int watchers) {
        Write write = open.computeIfAbsent(revision, r -> new Write());
        write.due = due;
        write.expected = watchers;
        endIfKnownToAll(revision, write);
    }

    /** A watcher has heard of a write. */
    void heard(long revision, long now) {
        Write write = open.computeIfAbsent(revision, r -> new Write());
        write.seen++;
        write.last = Math.max(write.last, now);
        endIfKnownToAll(revision, write);
    }

    private void endIfKnownToAll(long revision, Write write) {
        if (write.expected >= 0 && write.seen > write.expected) {
            throw new IllegalStateException(
                    "revision " + revision + " came " + write.seen + " times instead of " + write.expected);
        }
        if (write.seen == write.expected) {
            open.remove(revision);
            if (write.expected > 0) {
                latency.recordValue(Math.min(write.last - write.due, latency.getHighestTrackableValue()));
            }
        }
    }

    /** Whether there is a write that somebody has not heard of, or news of a write that was not answered. */
    boolean isUnderWay() {
        return !open.isEmpty();
    }

    /** Times from due to known to all, in nanoseconds, since the last call. */
    Histogram takeLatency() {
        Histogram taken = latency;
        latency = Recorder.newHistogram();
        return taken;
    }
}
