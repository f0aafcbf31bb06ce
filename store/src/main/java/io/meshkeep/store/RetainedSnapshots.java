package io.meshkeep.store;

import java.util.Map;
import java.util.TreeMap;

/**
 * Past snapshots that clients are paging through. The first page of a list is answered at the newest revision, and the
 * later ones ask for that revision by number, while writes go on. So a snapshot that a cut-off answer was given from is
 * kept, and its later pages cost what they cost at the newest revision.
 *
 * <p>What a kept snapshot holds beyond the newest one is at most what was written since, so that is what is bounded;
 * a list slower than that goes on from disk.
 */
final class RetainedSnapshots {
    private static final int MAX_SNAPSHOTS = 256;

    private record Kept(Snapshot snapshot, long writtenBefore) {}

    private final long maxBytes;
    private final TreeMap<Long, Kept> byRevision = new TreeMap<>();
    private long written;

    RetainedSnapshots(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    synchronized void keep(Snapshot snapshot) {
        if (byRevision.putIfAbsent(snapshot.revision(), new Kept(snapshot.withoutMesh(), written)) == null
                && byRevision.size() > MAX_SNAPSHOTS) {
            byRevision.pollFirstEntry();
        }
    }

    /** The snapshot at exactly this revision, or null. */
    synchronized Snapshot find(long revision) {
        Kept kept = byRevision.get(revision);
        return kept == null ? null : kept.snapshot;
    }

    /** Accounts for a commit, and lets go of what has become too dear or cannot be read any more. */
    synchronized void wrote(long bytes, long compactedRevision) {
        written += bytes;
        while (!byRevision.isEmpty()) {
            Map.Entry<Long, Kept> oldest = byRevision.firstEntry();
            if (oldest.getKey() >= compactedRevision && written - oldest.getValue().writtenBefore <= maxBytes) {
                break;
            }
            byRevision.pollFirstEntry();
        }
    }
}
