package io.meshkeep.server.tls;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Lets so many things happen at once and then one in each interval; counts the others. Thread-safe. */
final class RateLimit {
    private final int burst;
    private final long intervalNanos;
    private final LongSupplier clock;
    private double tokens;
    private long last;
    private long leftOut;

    RateLimit(int burst, Duration interval) {
        this(burst, interval, System::nanoTime);
    }

    RateLimit(int burst, Duration interval, LongSupplier clock) {
        this.burst = burst;
        this.intervalNanos = interval.toNanos();
        this.clock = clock;
        this.tokens = burst;
        this.last = clock.getAsLong();
    }

    /** @param action gets a text to say how many were left out before it, empty if none */
    void run(Consumer<String> action) {
        String note;
        synchronized (this) {
            long now = clock.getAsLong();
            tokens = Math.min(burst, tokens + (now - last) / (double) intervalNanos);
            last = now;
            if (tokens < 1) {
                leftOut++;
                return;
            }
            tokens--;
            note = leftOut == 0 ? "" : " (and " + leftOut + " more like it before)";
            leftOut = 0;
        }
        action.accept(note);
    }
}
