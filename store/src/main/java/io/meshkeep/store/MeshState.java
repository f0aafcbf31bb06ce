package io.meshkeep.store;

import io.meshkeep.store.mesh.MeshIndex;
import io.meshkeep.store.mesh.MeshUpdate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index of the mesh at one commit: worked out, or still as the state of the commit before and the changes since. A
 * commit of one write would otherwise spend a good part of its work on the index; many changes at once cost a fraction
 * each. Whoever asks first works it out, from the nearest state before that has been worked out, so nobody ever sees
 * anything but the index of exactly this commit. Another thread works it out after {@link #MAX_PENDING} changes, so that
 * it is never much work, or after {@link #MAX_UNASKED} if nobody has asked lately; and if that falls behind, the apply
 * thread itself. Thread-safe; a commit never waits for somebody who asks.
 */
final class MeshState {
    private static final Logger log = LoggerFactory.getLogger(MeshState.class);

    /** Changes beyond which they are not left to a reader: some ten or twenty milliseconds' work. */
    static final int MAX_PENDING = 2048;

    /** The same while nobody asks: each costs a third less among so many, and whoever comes first waits for them once. */
    static final int MAX_UNASKED = 4 * MAX_PENDING;

    /** Changes beyond which a commit works them out itself. */
    static final int MAX_BEHIND = 2 * MAX_UNASKED;

    /** Bytes of changes beyond which they are not left to a reader either: they are kept whole until then. */
    private static final long MAX_PENDING_BYTES = 4 << 20;

    /** Bytes of changes beyond which a commit works them out itself. */
    private static final long MAX_BEHIND_BYTES = 4 * MAX_PENDING_BYTES;

    /** What a change takes beside its key and record until it is in the index, in bytes, nearly. */
    private static final int CHANGE_BYTES = 60;

    /** A changed key, and its full record, or null if it was deleted. */
    private record Change(byte[] key, byte[] record) {}

    /** What an index is worked out from. */
    private record Pending(MeshState before, List<Change> changes) {}

    /** What all states of a store share. */
    private static final class Progress {
        /** Works out the index while commits go on. */
        private final Executor background;
        /** Whether that is under way, or about to be. */
        private final AtomicBoolean busy = new AtomicBoolean();
        /** Whether a fault of ours has put an end to the index. */
        private final AtomicBoolean broken = new AtomicBoolean();
        /** Whether anybody has asked since it was last worked out in the background. Races over it only cost time. */
        private volatile boolean asked;
        /** The latest state whose index has been worked out. */
        private volatile MeshState settled;

        private Progress(Executor background) {
            this.background = background;
        }

        private synchronized void settled(MeshState state) {
            if (settled == null || state.count > settled.count) {
                settled = state;
            }
        }
    }

    private volatile MeshIndex index;
    /** Null once the index is there, so that nothing older is held on to. */
    private volatile Pending pending;

    /** Changes since the store was opened, and their bytes. */
    private final long count;

    private final long bytes;
    /** Of those, the ones that came with this commit. */
    private final long ownBytes;

    private final Progress progress;

    private MeshState(MeshIndex index, Executor background) {
        this.index = index;
        this.count = 0;
        this.bytes = 0;
        this.ownBytes = 0;
        this.progress = new Progress(background);
        progress.settled(this);
    }

    private MeshState(MeshState before, List<Change> changes, long ownBytes) {
        this.pending = new Pending(before, changes);
        this.count = before.count + changes.size();
        this.bytes = before.bytes + ownBytes;
        this.ownBytes = ownBytes;
        this.progress = before.progress;
    }

    /**
     * The state of an index that is worked out.
     *
     * @param background works out the indexes of later states, one at a time; it may refuse to
     */
    static MeshState of(MeshIndex index, Executor background) {
        return new MeshState(index, background);
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
            next.settleIfMuchIsPending();
            return next;
        }
    }

    private void settleIfMuchIsPending() {
        MeshState settled = progress.settled;
        long pendingChanges = count - settled.count;
        long pendingBytes = bytes - settled.bytes;
        if (pendingChanges >= MAX_BEHIND || pendingBytes >= MAX_BEHIND_BYTES) {
            settledIndex();
        } else if ((pendingChanges >= (progress.asked ? MAX_PENDING : MAX_UNASKED) || pendingBytes >= MAX_PENDING_BYTES)
                && progress.busy.compareAndSet(false, true)) {
            try {
                progress.background.execute(() -> {
                    try {
                        progress.asked = false;
                        settledIndex();
                    } finally {
                        progress.busy.set(false);
                    }
                });
            } catch (RejectedExecutionException closing) {
                progress.busy.set(false);
            }
        }
    }

    /** Changes that nobody has worked out an index with. */
    long pendingCount() {
        return Math.max(0, count - progress.settled.count);
    }

    /** The index; null if a fault of ours has broken it, which must not take the store down as well. */
    MeshIndex index() {
        if (!progress.asked) {
            progress.asked = true;
        }
        return settledIndex();
    }

    private MeshIndex settledIndex() {
        MeshIndex known = index;
        if (known != null || progress.broken.get()) {
            return known;
        }
        synchronized (this) {
            if (index == null) {
                try {
                    index = workOut();
                    progress.settled(this);
                } catch (RuntimeException fault) {
                    if (progress.broken.compareAndSet(false, true)) {
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
        return known != null || progress.broken.get() ? known : workOut();
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
        return !progress.broken.get();
    }

    long heapBytes() {
        MeshIndex known = index;
        if (known != null) {
            return known.heapBytes();
        }
        MeshState settled = progress.settled;
        MeshIndex last = settled.index;
        return (last == null ? 0 : last.heapBytes()) + Math.max(0, bytes - settled.bytes);
    }

    /** Heap that keeping this state takes beyond a later one, in bytes, nearly. */
    long retainedBytes() {
        MeshIndex known = index;
        return known != null ? known.replacedBytes() : ownBytes;
    }
}
