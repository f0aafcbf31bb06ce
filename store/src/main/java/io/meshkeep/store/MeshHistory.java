package io.meshkeep.store;

import io.meshkeep.store.mesh.MeshIndex;
import java.lang.ref.SoftReference;
import java.util.LinkedHashMap;
import java.util.NavigableSet;
import java.util.function.Supplier;

/**
 * Past indexes of the mesh. The newest ones are kept, bounded by their number and by what they hold beyond the newest. One
 * of an older revision is made from the oldest kept one by taking back what was changed since, so that it costs the
 * changes, and shares with the kept one what they left alone; or from disk as a whole if that is less. Thread-safe.
 */
final class MeshHistory {
    private static final int MAX_INDEXES = 8192;

    /** The index of a commit. */
    private static final class Kept {
        private final long firstRevision;
        private final MeshState state;
        /** What was reckoned for keeping the one before it. */
        private final long bytes;
        /** Up to which nothing of the mesh changed. */
        private long lastRevision;

        private Kept(long revision, MeshState state, long bytes) {
            this.firstRevision = revision;
            this.state = state;
            this.bytes = bytes;
            this.lastRevision = revision;
        }
    }

    /** Made indexes that stay at hand: of the two ends of a difference asked for in pages, and of some followers. */
    private static final int MAX_MADE = 4;

    /** Changes that are taken back in any case; more are if they are fewer than the entries that there are. */
    private static final int FEW_CHANGES = 10_000;

    private final HistoryReader history;
    private final long maxBytes;
    private final Supplier<Snapshot> newest;
    /** A ring, in the order of the first revision that the index is known to be right for: a commit only adds to its end. */
    private final Kept[] recent = new Kept[MAX_INDEXES + 1];

    private int first;
    private int count;
    private long bytes;

    private final Object making = new Object();
    /** By revision, the index asked for last at the end. Guarded by this. */
    private final LinkedHashMap<Long, SoftReference<MeshIndex>> made = new LinkedHashMap<>(16, 0.75f, true);

    MeshHistory(HistoryReader history, long maxBytes, Supplier<Snapshot> newest) {
        this.history = history;
        this.maxBytes = maxBytes;
        this.newest = newest;
    }

    /** Takes in a snapshot that is about to be published. */
    synchronized void add(Snapshot snapshot) {
        MeshState state = snapshot.meshState();
        if (state == null) {
            return;
        }
        if (count > 0 && kept(count - 1).state == state) {
            kept(count - 1).lastRevision = snapshot.revision();
            return;
        }
        // by now it has been worked out, if its turn as the newest made anybody ask
        long before = count == 0 ? 0 : kept(count - 1).state.retainedBytes();
        recent[(first + count) % recent.length] = new Kept(snapshot.revision(), state, before);
        count++;
        bytes += before;
        while (count > 1 && (bytes > maxBytes || count > MAX_INDEXES)) {
            recent[first] = null;
            first = (first + 1) % recent.length;
            count--;
            bytes -= kept(0).bytes;
        }
    }

    private Kept kept(int place) {
        return recent[(first + place) % recent.length];
    }

    /** How many of those kept are right from a revision on that is not later than the given one. */
    private int countUpTo(long revision) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (kept(middle).firstRevision <= revision) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** See {@link Store#meshAtHand}. */
    MeshIndex atHand(long revision) {
        Snapshot now = newest.get();
        if (!now.hasMesh()) {
            throw new IllegalStateException("the store keeps no index of the mesh");
        }
        if (revision <= 0 || revision == now.revision()) {
            return now.mesh();
        }
        if (revision > now.revision()) {
            throw EtcdError.FUTURE_REVISION.exception();
        }
        requireReadable(revision);
        MeshState found = null;
        synchronized (this) {
            int upTo = countUpTo(revision);
            if (upTo > 0 && revision <= kept(upTo - 1).lastRevision) {
                found = kept(upTo - 1).state;
            }
            SoftReference<MeshIndex> last = made.get(revision);
            MeshIndex index = last == null ? null : last.get();
            if (index != null) {
                return index;
            }
        }
        MeshIndex index = found == null ? null : found.passingIndex();
        if (index != null) {
            keep(revision, index);
        }
        return index;
    }

    /** See {@link Store#mesh}. */
    MeshIndex at(long revision) {
        MeshIndex index = atHand(revision);
        if (index != null) {
            return index;
        }
        // one at a time: it may take as much memory as the newest index does
        synchronized (making) {
            index = atHand(revision);
            if (index == null) {
                index = make(revision);
                // a compaction is published before it deletes, so what was read is whole if this still passes
                requireReadable(revision);
                keep(revision, index);
            }
            return index;
        }
    }

    private synchronized void keep(long revision, MeshIndex index) {
        made.put(revision, new SoftReference<>(index));
        if (made.size() > MAX_MADE) {
            made.remove(made.keySet().iterator().next());
        }
    }

    private MeshIndex make(long revision) {
        Kept later;
        synchronized (this) {
            int upTo = countUpTo(revision);
            later = upTo == count ? null : kept(upTo);
        }
        MeshIndex base = later == null ? null : later.state.passingIndex();
        if (base != null) {
            int most = Math.max(FEW_CHANGES, base.endpointCount() + base.identityCount());
            NavigableSet<byte[]> changed =
                    history.changedKeys(revision, later.firstRevision, MeshMaintenance::mayConcern, most);
            if (changed != null) {
                return MeshMaintenance.takeBack(base, changed, history, revision);
            }
        }
        return MeshMaintenance.read(history, revision);
    }

    private void requireReadable(long revision) {
        if (revision < newest.get().compactedRevision()) {
            throw EtcdError.COMPACTED.exception();
        }
    }
}
