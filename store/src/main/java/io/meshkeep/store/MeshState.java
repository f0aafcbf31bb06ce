package io.meshkeep.store;

import io.meshkeep.store.mesh.MeshIndex;
import io.meshkeep.store.mesh.MeshUpdate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index of the mesh at one commit: worked out, or still as the state of the commit before and the changes since. A
 * commit of one write would otherwise spend a good part of its work on the index; many changes at once cost a fraction
 * each. Whoever asks first works it out, from the nearest state before that has been worked out, so nobody ever sees
 * anything but the index of exactly this commit; and if nobody asks, the apply thread does after {@link #MAX_PENDING}
 * changes, so that it is never much work. Thread-safe; a commit never waits for somebody who asks.
 */
final class MeshState {
    private static final Logger log = LoggerFactory.getLogger(MeshState.class);

    /** Changes beyond which they are not left to a reader: two or three milliseconds' work. */
    static final int MAX_PENDING = 512;

    /** Bytes of changes beyond which they are not left to a reader either: they are kept whole until then. */
    private static final long MAX_PENDING_BYTES = 4 << 20;

    /** What a change takes beside its key and record until it is in the index, in bytes, nearly. */
    private static final int CHANGE_BYTES = 60;

    /** A changed key, and its full record, or null if it was deleted. */
    private record Change(byte[] key, byte[] record) {}

    /** What an index is worked out from. */
    private record Pending(MeshState before, List<Change> changes) {}

    private volatile MeshIndex index;
    /** Null once the index is there, so that nothing older is held on to. */
    private volatile Pending pending;

    /** Changes since the last index that had been worked out when this state came, and their bytes. */
    private final int count;

    private final long pendingBytes;
    /** Of the pending bytes, those that came with this commit. */
    private final long ownBytes;
    /** What that last index takes. */
    private final long settledBytes;
    /** Shared by all states of a store: whether a fault of ours has put an end to its index. */
    private final AtomicBoolean broken;

    private MeshState(MeshIndex index) {
        this.index = index;
        this.count = 0;
        this.pendingBytes = 0;
        this.ownBytes = 0;
        this.settledBytes = index.heapBytes();
        this.broken = new AtomicBoolean();
    }

    private MeshState(MeshState before, List<Change> changes, long ownBytes) {
        MeshIndex known = before.index;
        this.pending = new Pending(before, changes);
        this.count = changes.size() + (known != null ? 0 : before.count);
        this.pendingBytes = ownBytes + (known != null ? 0 : before.pendingBytes);
        this.ownBytes = ownBytes;
        this.settledBytes = known != null ? known.heapBytes() : before.settledBytes;
        this.broken = before.broken;
    }

    /** The state of an index that is worked out. */
    static MeshState of(MeshIndex index) {
        return new MeshState(index);
    }

    /** Takes in the changes of a commit, each of another key. For one thread. */
    final class Next {
        private final List<Change> changes = new ArrayList<>(1);
        private long bytes;

        /** @param record the full record, or null if the key was deleted */
        void change(byte[] key, byte[] record) {
            changes.add(new Change(key, record));
            bytes += CHANGE_BYTES + key.length + (record == null ? 0 : record.length);
        }

        MeshState finish() {
            MeshState next = new MeshState(MeshState.this, changes, bytes);
            if (next.count >= MAX_PENDING || next.pendingBytes >= MAX_PENDING_BYTES) {
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
                    index = workOut();
                } catch (RuntimeException fault) {
                    if (broken.compareAndSet(false, true)) {
                        log.error("the index of the mesh has failed and is off until the next start", fault);
                    }
                }
                // also after a fault, since nobody will ask again
                pending = null;
            }
            return index;
        }
    }

    /**
     * The index for a look at a past revision: it is not kept, as nothing would count what it takes. Null as
     * {@link #index()}.
     */
    MeshIndex passingIndex() {
        MeshIndex known = index;
        return known != null || broken.get() ? known : workOut();
    }

    private MeshIndex workOut() {
        // of several changes of a key the newest counts, and it is come upon first
        TreeMap<byte[], Change> byKey = new TreeMap<>(Arrays::compareUnsigned);
        MeshState state = this;
        MeshIndex from = index;
        while (from == null) {
            Pending missing = state.pending;
            if (missing == null) {
                // somebody else has worked it out since, or has failed to
                from = state.index;
                if (from == null) {
                    return null;
                }
                break;
            }
            for (Change change : missing.changes) {
                byKey.putIfAbsent(change.key, change);
            }
            state = missing.before;
            from = state.index;
        }
        MeshUpdate update = from.update();
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
        return known != null ? known.heapBytes() : settledBytes + pendingBytes;
    }

    /** Heap that keeping this state takes beyond a later one, in bytes, nearly. */
    long retainedBytes() {
        MeshIndex known = index;
        return known != null ? known.replacedBytes() : ownBytes;
    }
}
