package io.meshkeep.store;

import io.meshkeep.proto.Compare;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * Which branch a transaction takes, and the nested transactions of that branch: all decided on the state before the
 * transaction, as etcd does, so a nested compare does not see what its parent wrote.
 */
record TxnPath(boolean succeeded, List<TxnPath> nested) {

    static TxnPath choose(TxnRequest request, KeyView view, RangeReader.Values values) {
        boolean succeeded = true;
        for (Compare compare : request.getCompareList()) {
            if (!holds(compare, view, values)) {
                succeeded = false;
                break;
            }
        }
        List<TxnPath> nested = List.of();
        for (RequestOp op : succeeded ? request.getSuccessList() : request.getFailureList()) {
            if (op.hasRequestTxn()) {
                if (nested.isEmpty()) {
                    nested = new ArrayList<>();
                }
                nested.add(choose(op.getRequestTxn(), view, values));
            }
        }
        return new TxnPath(succeeded, nested);
    }

    List<RequestOp> ops(TxnRequest request) {
        return succeeded ? request.getSuccessList() : request.getFailureList();
    }

    private static boolean holds(Compare compare, KeyView view, RangeReader.Values values) {
        KeyRange range = KeyRange.of(compare.getKey(), compare.getRangeEnd());
        if (range.single()) {
            byte[] record = view.find(range.start());
            return record == null ? holdsForAbsent(compare) : holds(compare, record, values);
        }
        List<byte[]> records = view.collect(range, 0, false);
        if (records.isEmpty()) {
            return holdsForAbsent(compare);
        }
        for (byte[] record : records) {
            if (!holds(compare, record, values)) {
                return false;
            }
        }
        return true;
    }

    /** An absent key has zeros for numbers, and no value: no comparison with its value holds. */
    private static boolean holdsForAbsent(Compare compare) {
        if (compare.getTarget() == Compare.CompareTarget.VALUE) {
            return false;
        }
        return holds(compare.getResult(), Long.compare(0, operand(compare)));
    }

    private static boolean holds(Compare compare, byte[] record, RangeReader.Values values) {
        int order = switch (compare.getTarget()) {
            case VALUE ->
                KeyValueRecord.compareValue(
                        values.full(record), compare.getValue().toByteArray());
            case VERSION -> Long.compare(KeyValueRecord.version(record), operand(compare));
            case CREATE -> Long.compare(KeyValueRecord.createRevision(record), operand(compare));
            case MOD -> Long.compare(KeyValueRecord.modRevision(record), operand(compare));
            case LEASE -> Long.compare(KeyValueRecord.lease(record), operand(compare));
            case UNRECOGNIZED -> 0;
        };
        return holds(compare.getResult(), order);
    }

    /** What the number is compared with; the union's member for another target counts as unset, so as 0. */
    private static long operand(Compare compare) {
        return switch (compare.getTarget()) {
            case VERSION -> compare.getVersion();
            case CREATE -> compare.getCreateRevision();
            case MOD -> compare.getModRevision();
            case LEASE -> compare.getLease();
            case VALUE, UNRECOGNIZED -> 0;
        };
    }

    private static boolean holds(Compare.CompareResult result, int order) {
        return switch (result) {
            case EQUAL -> order == 0;
            case NOT_EQUAL -> order != 0;
            case GREATER -> order > 0;
            case LESS -> order < 0;
            case UNRECOGNIZED -> true;
        };
    }
}
