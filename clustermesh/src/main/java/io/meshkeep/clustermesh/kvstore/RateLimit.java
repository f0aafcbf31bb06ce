package io.meshkeep.clustermesh.kvstore;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Lets so many writes happen in a second, as many of them at once as in one second. Thread-safe. */
public final class RateLimit {
    private final LongSupplier clock;
    private double perSecond;
    private double tokens;
    private long last;

    /** @param perSecond 0 for no limit */
    public RateLimit(double perSecond) {
        this(perSecond, System::nanoTime);
    }

    RateLimit(double perSecond, LongSupplier clock) {
        this.clock = clock;
        this.perSecond = perSecond;
        this.tokens = perSecond;
        this.last = clock.getAsLong();
    }

    /** A limit that lets everything through until it is changed. */
    public static RateLimit none() {
        return new RateLimit(0);
    }

    /** Changes the limit, as Cilium does when all was written for the first time. */
    public synchronized void change(double newPerSecond) {
        perSecond = newPerSecond;
        tokens = Math.min(tokens, newPerSecond);
        last = clock.getAsLong();
    }

    /** Takes leave for one write: 0 if it may happen now, or else how many nanoseconds to wait before asking again. */
    public synchronized long take() {
        if (perSecond <= 0) {
            return 0;
        }
        long now = clock.getAsLong();
        tokens = Math.min(Math.max(1, perSecond), tokens + (now - last) * perSecond / TimeUnit.SECONDS.toNanos(1));
        last = now;
        if (tokens >= 1) {
            tokens--;
            return 0;
        }
        return Math.max(1, (long) ((1 - tokens) * TimeUnit.SECONDS.toNanos(1) / perSecond));
    }
}
