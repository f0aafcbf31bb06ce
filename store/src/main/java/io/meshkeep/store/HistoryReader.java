package io.meshkeep.store;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksIterator;

/** Reads the keys as they were at a past revision from disk. Slow beside a snapshot; the fallback for old revisions. */
final class HistoryReader {
    private final Storage storage;
    private final long maxBytes;

    HistoryReader(Storage storage, long maxBytes) {
        this.storage = storage;
        this.maxBytes = maxBytes;
    }

    /** The view at a revision; that it is not compacted is checked by the caller, with the disk already pinned. */
    KeyView view(long revision) {
        return new KeyView() {
            @Override
            public long count(KeyRange range) {
                long[] count = {0};
                scan(range, revision, record -> count[0]++);
                return count[0];
            }

            @Override
            public byte[] find(byte[] key) {
                List<byte[]> found = collect(KeyRange.single(key), 1, false);
                return found.isEmpty() ? null : found.get(0);
            }

            @Override
            public List<byte[]> collect(KeyRange range, long limit, boolean descending) {
                List<byte[]> found = new ArrayList<>();
                long[] bytes = {0};
                scan(range, revision, record -> {
                    if (limit == 0 || descending || found.size() < limit) {
                        bytes[0] += record.length;
                        if (bytes[0] > maxBytes) {
                            throw EtcdError.ANSWER_TOO_LARGE.exception();
                        }
                        found.add(record);
                    }
                });
                if (descending) {
                    Collections.reverse(found);
                }
                return limit == 0 || found.size() <= limit ? found : found.subList(0, (int) limit);
            }
        };
    }

    /** Visits the full records of the keys that were live at a revision, in order. */
    void forEach(KeyRange range, long revision, Consumer<byte[]> action) {
        scan(range, revision, action);
    }

    private void scan(KeyRange range, long revision, Consumer<byte[]> visitor) {
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
                byte[] record = it.value();
                if (record.length > 0) {
                    visitor.accept(record);
                }
                Storage.toNextKey(it, entry);
            }
            Storage.check(it);
        }
    }
}
