package io.meshkeep.store;

import io.meshkeep.proto.Permission;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log who was denied what, in at most {@link #LINES} lines a {@link #PERIOD_NANOS period}; what came beyond
 * is counted and told with the next line. Thread-safe.
 */
final class DenialLog {
    private static final Logger log = LoggerFactory.getLogger(DenialLog.class);

    static final int LINES = 10;
    static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Longest part of a key or name that is shown, in characters. */
    private static final int SHOWN = 200;

    private final LongSupplier clock;
    private long periodStart;
    private int lines;
    private long suppressed;

    DenialLog() {
        this(System::nanoTime);
    }

    /** @param clock nanoseconds, monotonic */
    DenialLog(LongSupplier clock) {
        this.clock = clock;
        this.periodStart = clock.getAsLong();
    }

    void denied(Caller caller, Permission.Type missing, KeyRange range) {
        long more = admit();
        if (more >= 0) {
            String what = range.single()
                    ? "key " + text(range.start())
                    : "keys " + text(range.start()) + " to " + (range.end() == null ? "the end" : text(range.end()));
            write("user " + name(caller) + " has no " + missing + " permission for " + what, more);
        }
    }

    void deniedLease(Caller caller, Permission.Type missing, long lease) {
        long more = admit();
        if (more >= 0) {
            write(
                    "user " + name(caller) + " has no " + missing + " permission for a key that is attached to lease "
                            + Long.toHexString(lease),
                    more);
        }
    }

    void needsRoot(Caller caller) {
        long more = admit();
        if (more >= 0) {
            write("user " + name(caller) + " called what needs the role root", more);
        }
    }

    void unknownUser(Caller caller) {
        long more = admit();
        if (more >= 0) {
            write("there is no user " + name(caller), more);
        }
    }

    private static void write(String text, long more) {
        if (more > 0) {
            log.warn("permission denied: {} ({} more denials were not logged)", text, more);
        } else {
            log.warn("permission denied: {}", text);
        }
    }

    /** Returns -1 if the line is one too many, else how many were before it. */
    synchronized long admit() {
        long now = clock.getAsLong();
        if (now - periodStart >= PERIOD_NANOS) {
            periodStart = now;
            lines = 0;
        }
        if (lines >= LINES) {
            suppressed++;
            return -1;
        }
        lines++;
        long before = suppressed;
        suppressed = 0;
        return before;
    }

    private static String name(Caller caller) {
        StringBuilder out = new StringBuilder("\"");
        caller.user().chars().limit(SHOWN).forEach(c -> out.append(c < ' ' || c == 0x7f ? '?' : (char) c));
        return out.append('"').toString();
    }

    /** Keys are bytes that clients choose: what is not printable ASCII is shown in hex. */
    static String text(byte[] key) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < Math.min(key.length, SHOWN); i++) {
            int b = key[i] & 0xff;
            if (b < ' ' || b > '~' || b == '"' || b == '\\') {
                out.append("\\x").append(Character.forDigit(b >> 4, 16)).append(Character.forDigit(b & 15, 16));
            } else {
                out.append((char) b);
            }
        }
        return out.append(key.length > SHOWN ? "...\"" : "\"").toString();
    }
}
