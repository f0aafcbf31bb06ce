package io.meshkeep.server;

import java.time.Duration;

/** When the server compacts its history by itself; etcd's {@code --auto-compaction-mode} and {@code -retention}. */
public sealed interface AutoCompaction {
    /** History is compacted only when a client asks. */
    record Off() implements AutoCompaction {}

    /**
     * History older than a time is compacted.
     *
     * @param retention how long history is kept; positive
     */
    record Periodic(Duration retention) implements AutoCompaction {
        /** @throws IllegalArgumentException if the retention is not positive */
        public Periodic {
            if (retention.isNegative() || retention.isZero()) {
                throw new IllegalArgumentException("auto-compaction-retention must be positive, or 0 to turn it off");
            }
        }
    }

    /**
     * All but the newest revisions are compacted.
     *
     * @param retention how many revisions are kept; positive
     */
    record Revision(long retention) implements AutoCompaction {
        /** @throws IllegalArgumentException if the retention is not positive */
        public Revision {
            if (retention <= 0) {
                throw new IllegalArgumentException("auto-compaction-retention must be positive, or 0 to turn it off");
            }
        }
    }

    /** No automatic compaction: etcd's default. */
    AutoCompaction OFF = new Off();

    /**
     * Reads etcd's two flags. In periodic mode the retention is a Go duration or a bare number of hours; in revision
     * mode a number of revisions. {@code "0"} and {@code ""} turn it off. A duration in revision mode, which etcd takes
     * for a huge number of revisions, is refused.
     *
     * @param mode {@code periodic} or {@code revision}
     * @param retention how much to keep
     * @throws IllegalArgumentException with a one-line message, if the mode is unknown or the retention does not fit
     */
    static AutoCompaction parse(String mode, String retention) {
        return switch (mode) {
            case "periodic" -> periodic(retention);
            case "revision" -> revision(retention);
            default ->
                throw new IllegalArgumentException(
                        "unknown auto-compaction-mode \"" + mode + "\"; it is periodic or revision");
        };
    }

    private static AutoCompaction periodic(String retention) {
        Duration kept;
        if (isNumber(retention)) {
            try {
                kept = Duration.ofNanos(Math.multiplyExact(
                        Long.parseLong(retention), Duration.ofHours(1).toNanos()));
            } catch (NumberFormatException | ArithmeticException tooLarge) {
                throw new IllegalArgumentException(
                        "auto-compaction-retention \"" + retention + "\" hours is longer than 292 years", tooLarge);
            }
        } else {
            try {
                kept = retention.isEmpty() ? Duration.ZERO : GoDuration.parse(retention);
            } catch (IllegalArgumentException notADuration) {
                throw new IllegalArgumentException(
                        "auto-compaction-retention " + notADuration.getMessage(), notADuration);
            }
        }
        return kept.isZero() ? OFF : new Periodic(kept);
    }

    private static AutoCompaction revision(String retention) {
        if (retention.isEmpty()) {
            return OFF;
        }
        try {
            if (!isNumber(retention)) {
                throw new NumberFormatException("not a number");
            }
            long kept = Long.parseLong(retention);
            return kept == 0 ? OFF : new Revision(kept);
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException(
                    "auto-compaction-retention \"" + retention
                            + "\" is not a number of revisions, which auto-compaction-mode revision needs",
                    notANumber);
        }
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
