package io.meshkeep.store;

/**
 * Says how long a group waits for callers that are about to come back before it is synced.
 *
 * <p>Callers that wait for their answers fall into two halves: while one is being synced the other queues, and a sync is
 * worth half of what it could be. If those who have just been answered come back in less time than a sync takes, waiting
 * for them makes more of every sync; if they take longer, as when the processors are the limit, it wastes the disk's time.
 * Which of the two holds is not known before, so it is tried, and tried less and less often where it does not pay. It
 * pays if the group grows by a greater share than its time does.
 *
 * <p>The wait ends when as many commands are there as were seen at once before, and after {@linkplain #SHARE a part} of
 * what a sync takes. A lone caller is everybody who was seen, and never waits. PostgreSQL's {@code commit_delay} and
 * MySQL's {@code binlog_group_commit_sync_delay} are the same idea with a fixed time.
 *
 * <p>Not thread-safe: the apply thread's own.
 */
final class CommitDelay {
    /** What of a sync's time a group waits at most. With a half, a wait for nobody costs at most a third of the rate. */
    private static final double SHARE = 0.5;

    /** The most that a group waits, nanoseconds, whatever the disk does. */
    static final long MAX_NANOS = 5_000_000;

    /** Groups that do not wait after a wait that did not pay, at most. */
    static final int MAX_SKIPPED = 64;

    /** How long a sync takes, nanoseconds: an average that forgets. */
    private long syncNanos;
    /** Until when the group that is being gathered may wait, in the clock's time. */
    private long deadline;
    /** Commands that are all that can be expected. */
    private int expected;

    /** Whether the group could have been synced already, and since when and with how many commands. */
    private boolean waiting;

    private long waitingSince;
    private int sizeBefore;

    private int toSkip;
    private int skipped;

    /**
     * A group was answered.
     *
     * @param answered commands in it
     * @param others commands that had come before they were answered
     * @param nanos what its sync took
     * @param now the clock's time
     */
    void answered(int answered, int others, long nanos, long now) {
        syncNanos = syncNanos == 0 ? nanos : syncNanos + (nanos - syncNanos) / 8;
        // one sync that took long says nothing of the next
        long wait = Math.min((long) (SHARE * Math.min(nanos, syncNanos)), MAX_NANOS);
        expected = answered + others;
        deadline = now + wait;
        waiting = false;
        if (toSkip > 0) {
            toSkip--;
            expected = 0;
        }
    }

    /** Commands that the next group waits for, if it waits. */
    int expected() {
        return expected;
    }

    /**
     * Nanoseconds that a group of so many commands, which could be synced now, should wait for more; 0 if it should be
     * synced.
     */
    long remaining(int size, long now) {
        if (size >= expected || now - deadline >= 0) {
            return 0;
        }
        if (!waiting) {
            waiting = true;
            waitingSince = now;
            sizeBefore = size;
        }
        return deadline - now;
    }

    /** A group of so many commands is being synced. */
    void committed(int size, long now) {
        if (!waiting) {
            return;
        }
        waiting = false;
        boolean paid = (double) (size - sizeBefore) * syncNanos > (double) sizeBefore * (now - waitingSince);
        skipped = paid ? 0 : Math.min(MAX_SKIPPED, Math.max(1, 2 * skipped));
        toSkip = skipped;
    }
}
