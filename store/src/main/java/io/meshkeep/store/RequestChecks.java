package io.meshkeep.store;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What can be said against a request without looking at the store, in the order in which etcd says it. */
public final class RequestChecks {
    private RequestChecks() {}

    public static void check(RangeRequest request) {
        if (request.getKey().isEmpty()) {
            throw EtcdError.EMPTY_KEY.exception();
        }
        if (request.getSortOrder() == RangeRequest.SortOrder.UNRECOGNIZED
                || request.getSortTarget() == RangeRequest.SortTarget.UNRECOGNIZED) {
            throw EtcdError.INVALID_SORT_OPTION.exception();
        }
    }

    public static void check(PutRequest request) {
        if (request.getKey().isEmpty()) {
            throw EtcdError.EMPTY_KEY.exception();
        }
        if (request.getIgnoreValue() && !request.getValue().isEmpty()) {
            throw EtcdError.VALUE_PROVIDED.exception();
        }
        if (request.getIgnoreLease() && request.getLease() != 0) {
            throw EtcdError.LEASE_PROVIDED.exception();
        }
    }

    public static void check(DeleteRangeRequest request) {
        if (request.getKey().isEmpty()) {
            throw EtcdError.EMPTY_KEY.exception();
        }
    }

    /** @param maxOps most compares, or operations of a branch; a nested transaction gets what its parent leaves */
    public static void check(TxnRequest request, int maxOps) {
        checkOps(request, maxOps);
        if (mayOverlap(request.getSuccessList())) {
            checkIntervals(request.getSuccessList());
        }
        if (mayOverlap(request.getFailureList())) {
            checkIntervals(request.getFailureList());
        }
    }

    private static void checkOps(TxnRequest request, int maxOps) {
        int ops = Math.max(request.getCompareCount(), Math.max(request.getSuccessCount(), request.getFailureCount()));
        if (ops > maxOps) {
            throw EtcdError.TOO_MANY_OPS.exception();
        }
        for (Compare compare : request.getCompareList()) {
            if (compare.getKey().isEmpty()) {
                throw EtcdError.EMPTY_KEY.exception();
            }
        }
        for (RequestOp op : request.getSuccessList()) {
            checkOp(op, maxOps - ops);
        }
        for (RequestOp op : request.getFailureList()) {
            checkOp(op, maxOps - ops);
        }
    }

    private static void checkOp(RequestOp op, int maxOps) {
        switch (op.getRequestCase()) {
            case REQUEST_RANGE -> check(op.getRequestRange());
            case REQUEST_PUT -> check(op.getRequestPut());
            case REQUEST_DELETE_RANGE -> check(op.getRequestDeleteRange());
            case REQUEST_TXN -> checkOps(op.getRequestTxn(), maxOps);
            // etcd's answer to an operation that is not set
            case REQUEST_NOT_SET -> throw EtcdError.KEY_NOT_FOUND.exception();
        }
    }

    private static boolean mayOverlap(List<RequestOp> ops) {
        return ops.size() > 1 || ops.size() == 1 && ops.get(0).hasRequestTxn();
    }

    private record Written(Set<ByteString> puts, Deletes deletes) {}

    /**
     * Refuses a branch that puts a key twice or puts into an interval that it deletes, nested branches included; two
     * branches of one nested transaction exclude each other and may share keys.
     */
    private static Written checkIntervals(List<RequestOp> ops) {
        Deletes deletes = new Deletes();
        for (RequestOp op : ops) {
            if (op.hasRequestDeleteRange()) {
                deletes.add(op.getRequestDeleteRange());
            }
        }
        Set<ByteString> puts = new HashSet<>();
        for (RequestOp op : ops) {
            if (op.hasRequestTxn()) {
                Written then = checkIntervals(op.getRequestTxn().getSuccessList());
                Written otherwise = checkIntervals(op.getRequestTxn().getFailureList());
                for (ByteString key : then.puts) {
                    if (puts.contains(key) || deletes.contains(key)) {
                        throw EtcdError.DUPLICATE_KEY.exception();
                    }
                }
                for (ByteString key : otherwise.puts) {
                    if (puts.contains(key) || deletes.contains(key)) {
                        throw EtcdError.DUPLICATE_KEY.exception();
                    }
                }
                puts.addAll(then.puts);
                puts.addAll(otherwise.puts);
                deletes.addAll(then.deletes);
                deletes.addAll(otherwise.deletes);
            }
        }
        for (RequestOp op : ops) {
            if (op.hasRequestPut()) {
                ByteString key = op.getRequestPut().getKey();
                if (deletes.contains(key) || !puts.add(key)) {
                    throw EtcdError.DUPLICATE_KEY.exception();
                }
            }
        }
        return new Written(puts, deletes);
    }

    /** A union of half-open intervals, kept disjoint so that a look-up is one step. */
    private static final class Deletes {
        private final TreeMap<ByteString, ByteString> endByStart =
                new TreeMap<>(ByteString.unsignedLexicographicalComparator());

        void add(DeleteRangeRequest request) {
            ByteString start = request.getKey();
            // An end of "\0" means "every key from here on" elsewhere; etcd's overlap check takes it literally, which
            // makes the interval empty. Clients may rely on such transactions being accepted, so we do the same.
            ByteString end = request.getRangeEnd().isEmpty()
                    ? start.concat(ByteString.copyFrom(new byte[1]))
                    : request.getRangeEnd();
            add(start, end);
        }

        void addAll(Deletes other) {
            other.endByStart.forEach(this::add);
        }

        private void add(ByteString start, ByteString end) {
            var order = ByteString.unsignedLexicographicalComparator();
            if (order.compare(start, end) >= 0) {
                return;
            }
            Map.Entry<ByteString, ByteString> before = endByStart.floorEntry(start);
            if (before != null && order.compare(before.getValue(), start) >= 0) {
                start = before.getKey();
                end = order.compare(before.getValue(), end) > 0 ? before.getValue() : end;
            }
            Map.Entry<ByteString, ByteString> next = endByStart.ceilingEntry(start);
            while (next != null && order.compare(next.getKey(), end) <= 0) {
                end = order.compare(next.getValue(), end) > 0 ? next.getValue() : end;
                endByStart.remove(next.getKey());
                next = endByStart.ceilingEntry(start);
            }
            endByStart.put(start, end);
        }

        boolean contains(ByteString key) {
            Map.Entry<ByteString, ByteString> entry = endByStart.floorEntry(key);
            return entry != null
                    && ByteString.unsignedLexicographicalComparator().compare(key, entry.getValue()) < 0;
        }
    }

    /** Whether the transaction can only read: every operation of both branches is a range. */
    public static boolean isReadOnly(TxnRequest request) {
        return allRanges(request.getSuccessList()) && allRanges(request.getFailureList());
    }

    private static boolean allRanges(List<RequestOp> ops) {
        for (RequestOp op : ops) {
            if (!op.hasRequestRange()) {
                return false;
            }
        }
        return true;
    }

    /** Whether a branch of the transaction puts a key, so that it needs space. */
    static boolean hasPut(TxnRequest request) {
        return hasPut(request.getSuccessList()) || hasPut(request.getFailureList());
    }

    private static boolean hasPut(List<RequestOp> ops) {
        for (RequestOp op : ops) {
            if (op.hasRequestPut() || op.hasRequestTxn() && hasPut(op.getRequestTxn())) {
                return true;
            }
        }
        return false;
    }
}
