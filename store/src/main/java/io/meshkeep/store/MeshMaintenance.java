package io.meshkeep.store;

import io.meshkeep.store.mesh.MeshIndex;
import io.meshkeep.store.mesh.MeshUpdate;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Keeps the {@link MeshIndex} of the store's snapshots: from a commit's changes, or from all keys at a revision. */
final class MeshMaintenance {
    /** Where all keys of the mesh lie; in order, and apart from each other. */
    static final List<KeyRange> RANGES = List.of(prefix("cilium/cache/"), prefix("cilium/state/"));

    private MeshMaintenance() {}

    private static KeyRange prefix(String prefix) {
        byte[] start = prefix.getBytes(StandardCharsets.US_ASCII);
        byte[] end = start.clone();
        end[end.length - 1]++;
        return new KeyRange(start, end, false);
    }

    static boolean mayConcern(byte[] key) {
        return RANGES.get(0).contains(key) || RANGES.get(1).contains(key);
    }

    /** Whether the key of a record may be one of the mesh. */
    static boolean mayConcernRecord(byte[] record) {
        return isIn(RANGES.get(0), record) || isIn(RANGES.get(1), record);
    }

    private static boolean isIn(KeyRange range, byte[] record) {
        return KeyValueRecord.compareKey(record, range.start()) >= 0
                && KeyValueRecord.compareKey(record, range.end()) < 0;
    }

    /**
     * The state of the index after a commit.
     *
     * @param base the state before; null, or one that a fault has broken, gives null
     * @param changed the new record of each changed key, empty if it was deleted
     * @param full gives the full record of a stub
     */
    static MeshState next(MeshState base, NavigableMap<byte[], byte[]> changed, UnaryOperator<byte[]> full) {
        if (base == null || !base.isUsable()) {
            return null;
        }
        MeshState.Next next = null;
        for (KeyRange range : RANGES) {
            for (Map.Entry<byte[], byte[]> change :
                    changed.subMap(range.start(), true, range.end(), false).entrySet()) {
                if (next == null) {
                    next = base.new Next();
                }
                byte[] record = change.getValue();
                if (record.length == 0) {
                    next.change(change.getKey(), null);
                } else {
                    next.change(change.getKey(), KeyValueRecord.isStub(record) ? full.apply(record) : record);
                }
            }
        }
        return next == null ? base : next.finish();
    }

    /**
     * The index at a past revision, from a later one.
     *
     * @param changed all keys of the mesh that were changed after the past revision, up to that of the later index
     */
    static MeshIndex takeBack(MeshIndex later, NavigableSet<byte[]> changed, HistoryReader history, long revision) {
        MeshUpdate update = later.update();
        history.forEach(changed, revision, (key, record) -> {
            if (record == null) {
                update.delete(key);
            } else {
                update.put(key, KeyValueRecord.value(record), KeyValueRecord.modRevision(record));
            }
        });
        return update.finish();
    }

    /** The index of all keys at a past revision, from disk; the caller makes sure that it is not compacted meanwhile. */
    static MeshIndex read(HistoryReader history, long revision) {
        MeshUpdate update = MeshIndex.EMPTY.update();
        Consumer<byte[]> put = record -> update.put(
                KeyValueRecord.key(record), KeyValueRecord.value(record), KeyValueRecord.modRevision(record));
        for (KeyRange range : RANGES) {
            history.forEach(range, revision, put);
        }
        return update.finish();
    }
}
