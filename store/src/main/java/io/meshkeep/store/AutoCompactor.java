package io.meshkeep.store;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;

/**
 * Decides which revision to compact automatically, by etcd's rules. It is asked at a fixed interval and knows no clock,
 * so a test can ask as often as it likes.
 */
public sealed interface AutoCompactor {
    /** How often {@link #next} is to be asked, in nanoseconds. */
    long intervalNanos();

    /** The revision to compact now, given the newest one; empty if it is not the time. */
    OptionalLong next(long currentRevision);

    /** Keeps the history of a period: compacts at most once an hour (or once a period that is shorter). */
    final class Periodic implements AutoCompactor {
        private static final long HOUR = 3_600_000_000_000L;
        private static final int SAMPLES_PER_COMPACTION = 10;

        private final long interval;
        private final int samplesInPeriod;
        private final Deque<Long> revisions = new ArrayDeque<>();
        private int sinceCompaction;
        private long lastCompacted;

        /** @param periodNanos how much history to keep */
        public Periodic(long periodNanos) {
            if (periodNanos <= 0) {
                throw new IllegalArgumentException("the period must be positive");
            }
            interval = Math.max(1, Math.min(periodNanos, HOUR) / SAMPLES_PER_COMPACTION);
            samplesInPeriod = (int) Math.min(Integer.MAX_VALUE - 8, periodNanos / interval);
            sinceCompaction = SAMPLES_PER_COMPACTION;
        }

        @Override
        public long intervalNanos() {
            return interval;
        }

        @Override
        public OptionalLong next(long currentRevision) {
            revisions.addLast(currentRevision);
            sinceCompaction++;
            if (revisions.size() <= samplesInPeriod) {
                return OptionalLong.empty();
            }
            while (revisions.size() > samplesInPeriod + 1) {
                revisions.removeFirst();
            }
            long old = revisions.peekFirst();
            if (sinceCompaction < SAMPLES_PER_COMPACTION || old <= lastCompacted) {
                return OptionalLong.empty();
            }
            sinceCompaction = 0;
            lastCompacted = old;
            return OptionalLong.of(old);
        }
    }

    /** Keeps the newest so many revisions; looks every five minutes. */
    final class Revisions implements AutoCompactor {
        private static final long FIVE_MINUTES = 300_000_000_000L;

        private final long retention;
        private long lastCompacted;

        /** @param retention revisions to keep */
        public Revisions(long retention) {
            if (retention <= 0) {
                throw new IllegalArgumentException("the retention must be positive");
            }
            this.retention = retention;
        }

        @Override
        public long intervalNanos() {
            return FIVE_MINUTES;
        }

        @Override
        public OptionalLong next(long currentRevision) {
            long old = currentRevision - retention;
            if (old <= lastCompacted) {
                return OptionalLong.empty();
            }
            lastCompacted = old;
            return OptionalLong.of(old);
        }
    }
}
