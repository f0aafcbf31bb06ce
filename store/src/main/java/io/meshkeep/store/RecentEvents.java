package io.meshkeep.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * The newest commits' events, bounded in bytes: live watchers are served from here, and late ones as long as it
 * reaches back. What it has dropped is read from disk.
 */
final class RecentEvents {
    private final long maxBytes;
    private final Deque<EventBatch> batches = new ArrayDeque<>();
    private long bytes;
    /** Every event above this revision, up to the newest commit, is here. */
    private long completeAfter;

    RecentEvents(long maxBytes, long revision) {
        this.maxBytes = maxBytes;
        this.completeAfter = revision;
    }

    synchronized void add(EventBatch batch) {
        batches.addLast(batch);
        bytes += batch.retainedSize();
        // the newest commit stays, however large: it is what live watchers get
        while (bytes > maxBytes && batches.size() > 1) {
            EventBatch oldest = batches.removeFirst();
            bytes -= oldest.retainedSize();
            completeAfter = oldest.lastRevision();
        }
    }

    /** The commits with events at or after a revision, oldest first; null if some of them are no longer here. */
    synchronized List<EventBatch> from(long revision) {
        if (revision <= completeAfter) {
            return null;
        }
        List<EventBatch> found = new ArrayList<>();
        for (Iterator<EventBatch> it = batches.descendingIterator(); it.hasNext(); ) {
            EventBatch batch = it.next();
            if (batch.lastRevision() < revision) {
                break;
            }
            found.add(batch);
        }
        Collections.reverse(found);
        return found;
    }
}
