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
            return new Result.Range(headerRevision, List.of(), false, count, 0);
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
                records = load(records, values).records;
            }
            records = new ArrayList<>(records);
            Comparator<byte[]> comparator = comparator(target);
            records.sort(order == SortOrder.DESCEND ? comparator.reversed() : comparator);
        }
        boolean more = limit > 0 && records.size() > limit;
        if (more) {
            records = records.subList(0, (int) limit);
        }
        Loaded loaded = load(request.getKeysOnly() ? withoutValues(records) : records, values);
        return new Result.Range(
                headerRevision, Collections.unmodifiableList(loaded.records), more, count, loaded.bytes);
    }

    private static Result.Range readOne(RangeRequest request, KeyView view, long revision, Values values, byte[] key) {
        byte[] record = view.find(key);
        if (record == null) {
            return new Result.Range(revision, List.of(), false, 0, 0);
        }
        record = request.getKeysOnly() ? KeyValueRecord.withoutValue(record) : values.full(record);
        return new Result.Range(revision, List.of(record), false, 1, Protobuf.bytesFieldSize(record.length));
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

    /** Full records, and their size on the wire. */
    private record Loaded(List<byte[]> records, long bytes) {}

    /** Refuses an answer that would be too large, before anything is read for it; then reads the long values. */
    private static Loaded load(List<byte[]> records, Values values) {
        // one look at each record: in a long list every look is a cache miss
        long bytes = 0;
        boolean stubs = false;
        for (byte[] record : records) {
            bytes += Protobuf.bytesFieldSize(KeyValueRecord.encodedLength(record));
            stubs |= KeyValueRecord.isStub(record);
        }
        if (bytes > values.maxAnswerBytes()) {
            throw EtcdError.ANSWER_TOO_LARGE.exception();
        }
        if (!stubs) {
            return new Loaded(records, bytes);
        }
        List<byte[]> full = new ArrayList<>(records.size());
        for (byte[] record : records) {
            full.add(values.full(record));
        }
        return new Loaded(full, bytes);
    }

    private static List<byte[]> withoutValues(List<byte[]> records) {
        List<byte[]> stripped = new ArrayList<>(records.size());
        for (byte[] record : records) {
            stripped.add(KeyValueRecord.withoutValue(record));
        }
        return stripped;
    }
}
