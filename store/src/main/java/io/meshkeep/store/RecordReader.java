package io.meshkeep.store;

import org.rocksdb.ReadOptions;
import org.rocksdb.RocksIterator;

/**
 * Looks up records by key and revision, as the disk was at the first look-up. Opened for many: to set up an iterator
 * costs several times what one look-up does. Not thread-safe; a reader that is never asked holds nothing.
 */
final class RecordReader implements AutoCloseable {
    private final Storage storage;
    private ReadOptions options;
    private RocksIterator iterator;

    RecordReader(Storage storage) {
        this.storage = storage;
    }

    /** The stored record of a key at a main revision (the newest one, if it was put twice); null if it is not there. */
    byte[] find(byte[] key, long main) {
        if (iterator == null) {
            options = new ReadOptions();
            iterator = storage.iterator(Storage.Family.HISTORY, options);
        }
        iterator.seek(HistoryKey.atOrBefore(key, main));
        Storage.check(iterator);
        if (!iterator.isValid()) {
            return null;
        }
        byte[] entry = iterator.key();
        return HistoryKey.main(entry) == main && HistoryKey.sameKey(entry, HistoryKey.of(key, main, 0))
                ? iterator.value()
                : null;
    }

    @Override
    public void close() {
        if (iterator != null) {
            iterator.close();
        }
        if (options != null) {
            options.close();
        }
    }
}
