package io.meshkeep.server.differential;

import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import java.util.List;
import java.util.function.Predicate;

/** Looks into requests, nested ones too. */
final class Requests {
    private Requests() {}

    static boolean anyRange(Op op, Predicate<RangeRequest> predicate) {
        if (!(op instanceof Op.Call call)) {
            return false;
        }
        if (call.request() instanceof RangeRequest range) {
            return predicate.test(range);
        }
        return call.request() instanceof TxnRequest txn
                && anyOp(txn, o -> o.hasRequestRange() && predicate.test(o.getRequestRange()));
    }

    /** Whether an operation of either branch, at any depth, satisfies the predicate. */
    static boolean anyOp(TxnRequest txn, Predicate<RequestOp> predicate) {
        return anyOp(txn.getSuccessList(), predicate) || anyOp(txn.getFailureList(), predicate);
    }

    private static boolean anyOp(List<RequestOp> ops, Predicate<RequestOp> predicate) {
        return ops.stream()
                .anyMatch(op -> predicate.test(op) || op.hasRequestTxn() && anyOp(op.getRequestTxn(), predicate));
    }

    static boolean hasUnknownSort(RangeRequest range) {
        return range.getSortOrder() == RangeRequest.SortOrder.UNRECOGNIZED
                || range.getSortTarget() == RangeRequest.SortTarget.UNRECOGNIZED;
    }
}
