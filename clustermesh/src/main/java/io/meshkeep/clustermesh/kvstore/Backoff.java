package io.meshkeep.clustermesh.kvstore;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before the next try: twice as long each time up to a limit, and spread, so that many do not meet. */
public final class Backoff {
    private final long firstMillis;
    private final long mostMillis;

    /** @param most the longest wait */
    public Backoff(Duration first, Duration most) {
        this.firstMillis = Math.max(1, first.toMillis());
        this.mostMillis = Math.max(this.firstMillis, most.toMillis());
    }

    /**
     * The wait in milliseconds, between half of the full one and all of it.
     *
     * @param failures how often it failed in a row, from 1 on
     */
    public long millisAfter(int failures) {
        int doublings = Math.min(30, Math.max(0, failures - 1));
        long full = Math.min(mostMillis, firstMillis << doublings);
        if (full <= 0) {
            full = mostMillis;
        }
        return full - ThreadLocalRandom.current().nextLong(full / 2 + 1);
    }
}
