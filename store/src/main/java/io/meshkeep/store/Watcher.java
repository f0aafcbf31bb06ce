package io.meshkeep.store;

/**
 * One watch of a stream. It is either <em>live</em>, a member of its group, having been sent everything up to the
 * revision that the hub has dispatched; or <em>behind</em>, holding nothing but the revision that it needs next.
 * Touched by the watch thread only.
 */
final class Watcher {
    /** Heap of a watch with its share of all that finds it, but for its keys. */
    private static final long OWN_BYTES = 512;

    final WatchStream stream;
    final long id;
    final WatchGroup group;
    final boolean fragment;
    final boolean progressNotify;
    /** The start that the client named, 0 for "from now": it is told of progress only from there on. */
    final long requestedRevision;

    /** The first revision that the client gets. */
    final long startRevision;

    /** While behind: the next revision to send. */
    long nextRevision;

    /** Index in the group's members while live, else -1. */
    int memberIndex = -1;

    /** When something was last sent, by the hub's clock; kept up for watchers that want progress only. */
    long lastSentNanos;

    /** When it is to be told of progress next, by the same clock. */
    long progressDueNanos;

    boolean closed;

    Watcher(
            WatchStream stream,
            long id,
            WatchGroup group,
            boolean fragment,
            boolean progressNotify,
            long requestedRevision,
            long startRevision) {
        this.stream = stream;
        this.id = id;
        this.group = group;
        this.fragment = fragment;
        this.progressNotify = progressNotify;
        this.requestedRevision = requestedRevision;
        this.startRevision = startRevision;
    }

    /** Memory that a watch of this range takes, in bytes; nearly. */
    static long cost(KeyRange range) {
        return OWN_BYTES + range.start().length + (range.end() == null ? 0 : range.end().length);
    }

    boolean isLive() {
        return memberIndex >= 0;
    }
}
