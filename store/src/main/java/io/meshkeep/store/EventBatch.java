package io.meshkeep.store;

import java.util.List;

/**
 * The events of one commit, in order. A commit may hold many revisions; no revision is split over two commits.
 *
 * @param firstRevision the first revision of the commit
 * @param lastRevision the last one: the store's revision after it
 */
record EventBatch(long firstRevision, long lastRevision, List<Event> events, long retainedSize) {
    EventBatch(long firstRevision, long lastRevision, List<Event> events) {
        this(firstRevision, lastRevision, events, retainedSize(events));
    }

    private static long retainedSize(List<Event> events) {
        long bytes = 64;
        for (Event event : events) {
            bytes += event.retainedSize();
        }
        return bytes;
    }
}
