package io.meshkeep.store;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;

/** The view on an immutable set of records. Counting a range costs two look-ups, whatever its size. */
record KeySet(ChunkedSortedSet<byte[]> records) implements KeyView {
    static final KeySet EMPTY = new KeySet(ChunkedSortedSet.empty(KeyValueRecord::compareKeys));

    int from(KeyRange range) {
        return lowerBound(range.start());
    }

    int to(KeyRange range) {
        return range.end() == null ? records.size() : lowerBound(range.end());
    }

    private int lowerBound(byte[] key) {
        return records.lowerBound(record -> KeyValueRecord.compareKey(record, key));
    }

    @Override
    public long count(KeyRange range) {
        if (range.single()) {
            return find(range.start()) == null ? 0 : 1;
        }
        return range.isEmpty() ? 0 : to(range) - from(range);
    }

    @Override
    public byte[] find(byte[] key) {
        return records.find(record -> KeyValueRecord.compareKey(record, key));
    }

    @Override
    public List<byte[]> collect(KeyRange range, long limit, boolean descending) {
        if (range.single()) {
            byte[] record = find(range.start());
            return record == null ? List.of() : List.of(record);
        }
        if (range.isEmpty()) {
            return List.of();
        }
        int from = from(range);
        int to = to(range);
        int size = (int) (limit == 0 ? to - from : Math.min(limit, to - from));
        List<byte[]> found = new ArrayList<>(size);
        ChunkedSortedSet.Cursor<byte[]> cursor =
                descending ? records.cursor(to - size, to) : records.cursor(from, from + size);
        while (cursor.advance()) {
            found.add(cursor.element());
        }
        if (descending) {
            Collections.reverse(found);
        }
        return found;
    }

    /** Visits the records of a range one after the other; what is not asked for costs nothing. */
    Iterator<byte[]> iterator(KeyRange range, boolean descending) {
        int from = range.isEmpty() ? 0 : from(range);
        int to = range.isEmpty() ? 0 : to(range);
        return descending ? new Descent(from, to) : new Ascent(records.cursor(from, to));
    }

    private static final class Ascent implements Iterator<byte[]> {
        private final ChunkedSortedSet.Cursor<byte[]> cursor;
        private byte[] next;

        Ascent(ChunkedSortedSet.Cursor<byte[]> cursor) {
            this.cursor = cursor;
            this.next = cursor.advance() ? cursor.element() : null;
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public byte[] next() {
            byte[] record = next;
            next = cursor.advance() ? cursor.element() : null;
            return record;
        }
    }

    private final class Descent implements Iterator<byte[]> {
        private final int from;
        private int at;

        Descent(int from, int to) {
            this.from = from;
            this.at = to;
        }

        @Override
        public boolean hasNext() {
            return at > from;
        }

        @Override
        public byte[] next() {
            return records.select(--at);
        }
    }
}
