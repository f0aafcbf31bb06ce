package io.meshkeep.server;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The revision that an empty data directory starts at. A store that already holds data keeps its own.
 *
 * <p>etcd starts at 1, so a server that lost its directory counts through revisions that its clients have seen before
 * and their watches resume in the wrong place. Started above them, it answers such watches with "compacted" and the
 * clients list afresh.
 */
public sealed interface InitialRevision {
    /**
     * A stated revision.
     *
     * @param revision the header revision of the empty store, at least 1
     */
    record Fixed(long revision) implements InitialRevision {
        /** @throws IllegalArgumentException if the revision is less than 1 */
        public Fixed {
            if (revision < 1) {
                throw new IllegalArgumentException("initial-revision must be at least 1");
            }
        }

        @Override
        public long at(Instant now) {
            return revision;
        }
    }

    /**
     * The time of the first start in microseconds since 1970. A store would have to take a million writes a second
     * throughout its life to overtake it, and it stays below 2<sup>53</sup>, so that JSON clients read it exactly.
     */
    record FromClock() implements InitialRevision {
        @Override
        public long at(Instant now) {
            return Math.max(1, ChronoUnit.MICROS.between(Instant.EPOCH, now));
        }
    }

    /** etcd's own start: an empty store is at revision 1 and its first write makes revision 2. */
    InitialRevision DEFAULT = new Fixed(1);

    /**
     * The header revision of a store that is created now.
     *
     * @param now the wall-clock time
     */
    long at(Instant now);

    /**
     * Reads {@code time}, a number, or {@code ""} for the default.
     *
     * @throws IllegalArgumentException with a one-line message, if it is anything else
     */
    static InitialRevision parse(String text) {
        return switch (text) {
            case "" -> DEFAULT;
            case "time" -> new FromClock();
            default -> {
                try {
                    yield new Fixed(Long.parseLong(text));
                } catch (NumberFormatException notANumber) {
                    throw new IllegalArgumentException(
                            "initial-revision \"" + text + "\" is neither a number nor \"time\"", notANumber);
                }
            }
        };
    }
}
