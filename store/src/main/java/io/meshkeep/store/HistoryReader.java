package io.meshkeep.store;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksIterator;

/** Reads the keys as they were at a past revision from disk. Slow beside a snapshot; the fallback for old revisions. */
final class HistoryReader {
    private static final byte[] GONE = {};

    private final Storage storage;
    private final long maxBytes;

    HistoryReader(Storage storage, long maxBytes) {
        this.storage = storage;
        this.maxBytes = maxBytes;
    }

    /**
     * The view at a revision; that it is not compacted is checked by the caller, with the disk already pinned. Nothing on
     * disk tells how many keys a range had at a revision, so counting visits every key of the range, without its values;
     * the records of an answer are read as far as its limit.
     */
    KeyView view(long revision) {
        return new KeyView() {
            @Override
            public long count(KeyRange range) {
                long[] count = {0};
                ByteBuffer beginning = ByteBuffer.allocate(1);
                scan(range, revision, it -> {
                    count[0] += it.value(beginning.clear()) > 0 ? 1 : 0;
                    return true;
                });
                return count[0];
            }

            @Override
            public byte[] find(byte[] key) {
                List<byte[]> found = collect(KeyRange.single(key), 1, false);
                return found.isEmpty() ? null : found.get(0);
            }

            @Override
            public List<byte[]> collect(KeyRange range, long limit, boolean descending) {
                long most = limit == 0 ? Long.MAX_VALUE : limit;
                ArrayDeque<byte[]> found = new ArrayDeque<>();
                long[] bytes = {0};
                scan(range, revision, it -> {
                    byte[] record = it.value();
                    if (record.length == 0) {
                        return true;
                    }
                    if (found.size() == most) {
                        // only when descending: what is greater displaces the least
                        bytes[0] -= found.removeFirst().length;
                    }
                    found.addLast(record);
                    bytes[0] += record.length;
                    if (bytes[0] > maxBytes) {
                        throw EtcdError.ANSWER_TOO_LARGE.exception();
                    }
                    return descending || found.size() < most;
                });
                List<byte[]> list = new ArrayList<>(found);
                if (descending) {
                    Collections.reverse(list);
                }
                return list;
            }
        };
    }

    /** Visits the full records of the keys that were live at a revision, in order. */
    void forEach(KeyRange range, long revision, Consumer<byte[]> action) {
        scan(range, revision, it -> {
            byte[] record = it.value();
            if (record.length > 0) {
                action.accept(record);
            }
            return true;
        });
    }

    /** Visits the full records that some keys had at a revision, null for those that were not live, in order. */
    void forEach(NavigableSet<byte[]> keys, long revision, BiConsumer<byte[], byte[]> action) {
        try (ReadOptions read = new ReadOptions();
                RocksIterator it = storage.iterator(Storage.Family.HISTORY, read)) {
            for (byte[] key : keys) {
                it.seek(HistoryKey.atOrBefore(key, revision));
                Storage.check(it);
                boolean found = it.isValid() && HistoryKey.sameKey(it.key(), HistoryKey.of(key, revision, 0));
                byte[] record = found ? it.value() : GONE;
                action.accept(key, record.length == 0 ? null : record);
            }
        }
    }

    /**
     * The keys that were changed after one revision, up to another.
     *
     * @return null if there are more than so many
     */
    NavigableSet<byte[]> changedKeys(long after, long to, Predicate<byte[]> wanted, int most) {
        NavigableSet<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
        try (ReadOptions read = new ReadOptions();
                RocksIterator it = storage.iterator(Storage.Family.EVENTS, read)) {
            for (it.seek(HistoryKey.event(after + 1, 0)); it.isValid(); it.next()) {
                if (HistoryKey.eventMain(it.key()) > to) {
                    break;
                }
                byte[] key = StoredEvent.decode(it.value()).key();
                if (wanted.test(key) && keys.add(key) && keys.size() > most) {
                    return null;
                }
            }
            Storage.check(it);
        }
        return keys;
    }

    /** Looks at what a key had at the revision: a record, or nothing (length 0) if it was deleted. */
    private interface Visitor {
        /** Whether to go on with the next key. */
        boolean visit(RocksIterator it);
    }

    private void scan(KeyRange range, long revision, Visitor visitor) {
        if (range.isEmpty()) {
            return;
        }
        try (ReadOptions read = new ReadOptions();
                RocksIterator it = storage.iterator(Storage.Family.HISTORY, read)) {
            it.seek(HistoryKey.first(range.start()));
            while (it.isValid()) {
                byte[] entry = it.key();
                byte[] key = HistoryKey.key(entry);
                if (!range.contains(key)) {
                    break;
                }
                if (HistoryKey.main(entry) > revision) {
                    it.seek(HistoryKey.atOrBefore(key, revision));
                    if (!it.isValid() || !HistoryKey.sameKey(it.key(), entry)) {
                        continue;
                    }
                }
                if (!visitor.visit(it)) {
                    return;
                }
                Storage.toNextKey(it, entry);
            }
            Storage.check(it);
        }
    }
}
