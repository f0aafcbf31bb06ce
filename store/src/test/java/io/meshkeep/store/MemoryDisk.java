package io.meshkeep.store;

import io.meshkeep.setcore.ChunkedSortedSet;
import io.meshkeep.store.StateMachine.Cut;
import io.meshkeep.store.StateMachine.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/** What a state machine writes, in sorted maps, and the reads that it needs from there. */
final class MemoryDisk {
    private final Map<Storage.Family, NavigableMap<byte[], byte[]>> families = new EnumMap<>(Storage.Family.class);
    final List<EventBatch> events = new ArrayList<>();

    MemoryDisk() {
        for (Storage.Family family : Storage.Family.values()) {
            families.put(family, new TreeMap<>(Arrays::compareUnsigned));
        }
    }

    /** A state machine at the start of an empty store that reads what was written here. */
    StateMachine stateMachine() {
        return stateMachine(Long.MAX_VALUE);
    }

    StateMachine stateMachine(long maxAnswerBytes) {
        Snapshot empty = new Snapshot(
                1,
                -1,
                0,
                KeySet.EMPTY,
                ChunkedSortedSet.empty(Snapshot.LEASE_ORDER),
                Set.of(),
                0,
                null,
                AuthState.INITIAL);
        Reads reads = new Reads(maxAnswerBytes);
        reads.machine = new StateMachine(empty, reads, this::view);
        return reads.machine;
    }

    void write(Cut cut) {
        for (Write write : cut.writes()) {
            NavigableMap<byte[], byte[]> family = families.get(write.family());
            if (write.value() == null) {
                family.remove(write.key());
            } else {
                family.put(write.key(), write.value());
            }
        }
        if (cut.events() != null) {
            events.add(cut.events());
        }
    }

    NavigableMap<byte[], byte[]> family(Storage.Family family) {
        return families.get(family);
    }

    private final class Reads implements RangeReader.Values {
        private final long maxAnswerBytes;
        private StateMachine machine;

        Reads(long maxAnswerBytes) {
            this.maxAnswerBytes = maxAnswerBytes;
        }

        @Override
        public byte[] full(byte[] record) {
            if (!KeyValueRecord.isStub(record)) {
                return record;
            }
            byte[] pending = machine.pendingFull(record);
            return pending != null ? pending : stored(record);
        }

        private byte[] stored(byte[] stub) {
            byte[] from = HistoryKey.atOrBefore(KeyValueRecord.key(stub), KeyValueRecord.modRevision(stub));
            return family(Storage.Family.HISTORY).ceilingEntry(from).getValue();
        }

        @Override
        public long maxAnswerBytes() {
            return maxAnswerBytes;
        }
    }

    /** Every live key at a revision, by reading all there is. */
    private KeyView view(long revision) {
        KeyRange everything = new KeyRange(new byte[0], null, false);
        NavigableMap<byte[], byte[]> live = new TreeMap<>(Arrays::compareUnsigned);
        // the newest revision of a key comes first, so the oldest is put in first and overwritten
        family(Storage.Family.HISTORY).descendingMap().forEach((entry, record) -> {
            if (HistoryKey.main(entry) <= revision) {
                live.put(HistoryKey.key(entry), record);
            }
        });
        live.values().removeIf(record -> record.length == 0);
        ChunkedSortedSet<byte[]> records =
                ChunkedSortedSet.ofSorted(KeyValueRecord::compareKeys, new ArrayList<>(live.values()));
        KeySet keys = new KeySet(records);
        if (keys.count(everything) != live.size()) {
            throw new IllegalStateException("the view is not whole");
        }
        return keys;
    }
}
