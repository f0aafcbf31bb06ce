package io.meshkeep.loadtest.memory;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.Arrays;

/** The set of the store, with objects for elements. */
final class ObjectChunks implements Layout {
    private ChunkedSortedSet<Entry> entries =
            ChunkedSortedSet.empty((a, b) -> Arrays.compareUnsigned(a.key(), b.key()));

    @Override
    public void put(byte[] key, byte[] value, long revision) {
        entries = entries.with(Entry.of(key, value, revision));
    }

    @Override
    public int valueLength(byte[] key) {
        Entry entry = entries.find(other -> Arrays.compareUnsigned(other.key(), key));
        return entry == null ? -1 : entry.value().length;
    }

    @Override
    public int size() {
        return entries.size();
    }
}
