package io.meshkeep.loadtest.memory;

import io.meshkeep.setcore.ChunkedSortedSet;

/** The layout of the store: no object per key but its encoded form. */
final class EncodedChunks implements Layout {
    private ChunkedSortedSet<byte[]> records = ChunkedSortedSet.empty(Encoded::compare);

    @Override
    public void put(byte[] key, byte[] value, long revision) {
        records = records.with(Encoded.of(key, value, revision));
    }

    @Override
    public int valueLength(byte[] key) {
        byte[] record = records.find(other -> Encoded.compareKey(other, 0, key));
        return record == null ? -1 : Encoded.valueLength(record, 0, record.length);
    }

    @Override
    public int size() {
        return records.size();
    }
}
