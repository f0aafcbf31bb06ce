package io.meshkeep.store;

import io.meshkeep.store.mesh.MeshIndex;
import io.meshkeep.store.mesh.MeshUpdate;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index of the mesh at one commit: worked out, or as an index that lies a few commits back and the changes since. A
 * commit of one write would otherwise spend a good part of its work on the index; many changes at once cost a fraction
 * each. Whoever asks first works it out, so nobody ever sees anything but the index of exactly this
 * commit; and if nobody asks, the apply thread does after {@link #MAX_PENDING} changes, so that it is never much work.
 * Thread-safe.
 */
final class MeshState {
    private static final Logger log = LoggerFactory.getLogger(MeshState.class);

    /** Changes beyond which they are not left to a reader: about a millisecond's work. */
    static final int MAX_PENDING = 256;

    /** Bytes of changes beyond which they are not left to a reader either: they are kept whole until then. */
    private static final long MAX_PENDING_BYTES = 1 << 20;

    /** What a change takes beside its key and record until it is in the index, in bytes, nearly. */
    private static final int CHANGE_BYTES = 100;

    /** A changed key, its full record (null if it was deleted), and the change before it (null if there is none). */
    private record Change(byte[] key, byte[] record, Change before) {}

    private final MeshIndex settled;
    /** The changes since, newest first; null once they are in the index. Guarded by this. */
    private Change newest;

    private final int pending;
    private final long pendingBytes;
    /** Of the pending bytes, those that came with this commit. */
    private final long ownBytes;
    /** Shared by all states of a store: whether a fault of ours has put an end to its index. */
    private final AtomicBoolean broken;

    private volatile MeshIndex index;

    private MeshState(
            MeshIndex settled, Change newest, int pending, long pendingBytes, long ownBytes, AtomicBoolean broken) {
        this.settled = settled;
        this.newest = newest;
        this.pending = pending;
        this.pendingBytes = pendingBytes;
        this.ownBytes = ownBytes;
        this.broken = broken;
        this.index = pending == 0 ? settled : null;
    }

    /** The state of an index that is worked out. */
    static MeshState of(MeshIndex index) {
        return new MeshState(index, null, 0, 0, 0, new AtomicBoolean());
    }

    /** Takes in the changes of a commit. For one thread. */
    final class Next {
        private final MeshIndex known;
        private Change last;
        private int count;
        private long bytes;
        private long own;

        Next() {
            synchronized (MeshState.this) {
                known = index;
                last = newest;
            }
            count = known != null ? 0 : pending;
            bytes = known != null ? 0 : pendingBytes;
        }

        /** @param record the full record, or null if the key was deleted */
        void change(byte[] key, byte[] record) {
            last = new Change(key, record, last);
            count++;
            own += CHANGE_BYTES + key.length + (record == null ? 0 : record.length);
        }

        MeshState finish() {
            MeshState next = new MeshState(known != null ? known : settled, last, count, bytes + own, own, broken);
            if (count >= MAX_PENDING || bytes + own >= MAX_PENDING_BYTES) {
                next.index();
            }
            return next;
        }
    }

    /** The index; null if a fault of ours has broken it, which must not take the store down as well. */
    MeshIndex index() {
        MeshIndex known = index;
        if (known != null || broken.get()) {
            return known;
        }
        synchronized (this) {
            if (index == null) {
                try {
                    index = workOut(newest);
                } catch (RuntimeException fault) {
                    if (broken.compareAndSet(false, true)) {
                        log.error("the index of the mesh has failed and is off until the next start", fault);
                    }
                }
                // also after a fault, since nobody will ask again
                newest = null;
            }
            return index;
        }
    }

    /**
     * The index for a look at a past revision: it is not kept, as nothing would count what it takes. Null as
     * {@link #index()}.
     */
    MeshIndex passingIndex() {
        Change from;
        synchronized (this) {
            if (index != null || broken.get()) {
                return index;
            }
            from = newest;
        }
        return workOut(from);
    }

    private MeshIndex workOut(Change from) {
        // of several changes of a key the newest counts, and it is come upon first
        TreeMap<byte[], Change> byKey = new TreeMap<>(Arrays::compareUnsigned);
        for (Change change = from; change != null; change = change.before) {
            byKey.putIfAbsent(change.key, change);
        }
        MeshUpdate update = settled.update();
        byKey.forEach((key, change) -> {
            if (change.record == null) {
                update.delete(key);
            } else {
                update.put(key, KeyValueRecord.value(change.record), KeyValueRecord.modRevision(change.record));
            }
        });
        return update.finish();
    }

    /** Whether there is an index, or will be one when it is asked for. */
    boolean isUsable() {
        return !broken.get();
    }

    long heapBytes() {
        MeshIndex known = index;
        return known != null ? known.heapBytes() : settled.heapBytes() + pendingBytes;
    }

    /** Heap that keeping this state takes beyond a later one, in bytes, nearly. */
    long retainedBytes() {
        MeshIndex known = index;
        return known != null ? known.replacedBytes() : ownBytes;
    }
}
