package io.meshkeep.store;

import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeRequest.SortOrder;
import io.meshkeep.proto.RangeRequest.SortTarget;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/** Answers a range request from a view, with etcd's order of limit, filters, sorting and cutting. */
final class RangeReader {
    private RangeReader() {}

    /** A long value is no longer on disk: a compaction overtook the read. */
    static final class RecordGone extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RecordGone(long revision) {
            super("no record of revision " + revision, null, false, false);
        }
    }

    /** Turns resident records into full ones. */
    interface Values {
        /** @throws RecordGone if the record has been compacted away */
        byte[] full(byte[] record);

        /** Most bytes that one answer may have; beyond it the server's memory would be at the client's mercy. */
        long maxAnswerBytes();
    }

    static Result.Range read(RangeRequest request, KeyView view, long headerRevision, Values values) {
        KeyRange range = KeyRange.of(request.getKey(), request.getRangeEnd());
        if (range.single() && !request.getCountOnly() && !filtered(request)) {
            return readOne(request, view, headerRevision, values, range.start());
        }
        long count = view.count(range);
        if (request.getCountOnly()) {
            return new Result.Range(headerRevision, List.of(), false, count);
        }
        long limit = Math.max(0, request.getLimit());
        SortOrder order = request.getSortOrder();
        SortTarget target = request.getSortTarget();
        boolean sorted = order != SortOrder.NONE || target != SortTarget.KEY;
        boolean byKey = target == SortTarget.KEY;
        // etcd's quirk: without an order the limit is applied first, even when a target makes it sort afterwards
        boolean limitFirst = (order == SortOrder.NONE || byKey) && !filtered(request);
        boolean descending = byKey && order == SortOrder.DESCEND;

        long fetch = limitFirst && limit > 0 && limit < Long.MAX_VALUE ? limit + 1 : 0;
        List<byte[]> records = view.collect(range, fetch, descending);
        if (filtered(request)) {
            records = filter(records, request);
        }
        if (sorted && !byKey) {
            if (target == SortTarget.VALUE) {
                checkSize(records, values, false);
                records = full(records, values);
            }
            records = new ArrayList<>(records);
            Comparator<byte[]> comparator = comparator(target);
            records.sort(order == SortOrder.DESCEND ? comparator.reversed() : comparator);
        }
        boolean more = limit > 0 && records.size() > limit;
        if (more) {
            records = records.subList(0, (int) limit);
        }
        checkSize(records, values, request.getKeysOnly());
        records = request.getKeysOnly() ? withoutValues(records) : full(records, values);
        return new Result.Range(headerRevision, Collections.unmodifiableList(records), more, count);
    }

    private static Result.Range readOne(RangeRequest request, KeyView view, long revision, Values values, byte[] key) {
        byte[] record = view.find(key);
        if (record == null) {
            return new Result.Range(revision, List.of(), false, 0);
        }
        record = request.getKeysOnly() ? KeyValueRecord.withoutValue(record) : values.full(record);
        return new Result.Range(revision, List.of(record), false, 1);
    }

    private static boolean filtered(RangeRequest request) {
        return (request.getMinModRevision()
                        | request.getMaxModRevision()
                        | request.getMinCreateRevision()
                        | request.getMaxCreateRevision())
                != 0;
    }

    private static List<byte[]> filter(List<byte[]> records, RangeRequest request) {
        List<byte[]> kept = new ArrayList<>();
        for (byte[] record : records) {
            long mod = KeyValueRecord.modRevision(record);
            long create = KeyValueRecord.createRevision(record);
            if (within(mod, request.getMinModRevision(), request.getMaxModRevision())
                    && within(create, request.getMinCreateRevision(), request.getMaxCreateRevision())) {
                kept.add(record);
            }
        }
        return kept;
    }

    private static boolean within(long revision, long min, long max) {
        return (max == 0 || revision <= max) && (min == 0 || revision >= min);
    }

    private static Comparator<byte[]> comparator(SortTarget target) {
        return switch (target) {
            case VERSION -> Comparator.comparingLong(KeyValueRecord::version);
            case CREATE -> Comparator.comparingLong(KeyValueRecord::createRevision);
            case MOD -> Comparator.comparingLong(KeyValueRecord::modRevision);
            case VALUE -> (a, b) -> KeyValueRecord.compareValue(a, KeyValueRecord.value(b));
            case KEY, UNRECOGNIZED -> KeyValueRecord::compareKeys;
        };
    }

    private static void checkSize(List<byte[]> records, Values values, boolean keysOnly) {
        long bytes = 0;
        for (byte[] record : records) {
            bytes += 6 + (keysOnly ? record.length : KeyValueRecord.encodedLength(record));
        }
        if (bytes > values.maxAnswerBytes()) {
            throw EtcdError.ANSWER_TOO_LARGE.exception();
        }
    }

    private static List<byte[]> full(List<byte[]> records, Values values) {
        for (int i = 0; i < records.size(); i++) {
            if (KeyValueRecord.isStub(records.get(i))) {
                List<byte[]> loaded = new ArrayList<>(records.size());
                for (byte[] record : records) {
                    loaded.add(values.full(record));
                }
                return loaded;
            }
        }
        return records;
    }

    private static List<byte[]> withoutValues(List<byte[]> records) {
        List<byte[]> stripped = new ArrayList<>(records.size());
        for (byte[] record : records) {
            stripped.add(KeyValueRecord.withoutValue(record));
        }
        return stripped;
    }
}
