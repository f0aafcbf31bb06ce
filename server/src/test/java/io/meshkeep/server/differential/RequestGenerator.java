package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.WatchCreateRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Draws requests, valid and invalid, over an alphabet of keys small enough for them to collide. Everything is drawn
 * from one seeded source and the {@link View}.
 */
final class RequestGenerator {
    private static final int MAX_TXN_OPS = 128;
    private static final int MAX_TXN_DEPTH = 3;

    /** Prefixes of one another, the least and the greatest bytes, and no valid UTF-8 in some. */
    private static final List<ByteString> KEYS = List.of(
            bytes(0),
            bytes(0, 0),
            bytes(0, 0xff),
            bytes('a'),
            bytes('a', 0),
            bytes('a', 'a'),
            bytes('a', 'a', 'b'),
            bytes('a', 'b'),
            bytes('a', 0x7f),
            bytes('a', 0x80),
            bytes('a', 0xff),
            bytes('a', 0xff, 0xff),
            bytes('b'),
            bytes('c', '/', '1'),
            bytes('c', '/', '2'),
            bytes('c', '0'),
            bytes(0xff),
            bytes(0xff, 0xff));

    private final SplittableRandom random;
    private final View view;

    RequestGenerator(SplittableRandom random, View view) {
        this.random = random;
        this.view = view;
    }

    boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    @SafeVarargs
    final <T> T oneOf(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    ByteString key() {
        return oneOf(KEYS);
    }

    private ByteString keyOrNone() {
        return chance(1) ? ByteString.EMPTY : key();
    }

    /** A key, or an end of range for this key: in order, out of order, a prefix's, from-key. */
    private ByteString rangeEnd(ByteString key) {
        return switch (below(10)) {
            case 0, 1 -> Keys.prefixEnd(key);
            case 2, 3 -> Keys.FROM_KEY;
            case 4, 5, 6, 7 -> key();
            case 8 -> key;
            default -> key.concat(Keys.LEAST);
        };
    }

    private ByteString value() {
        return switch (below(12)) {
            case 0 -> ByteString.EMPTY;
            case 1 -> bytes(0, 0xff, below(256));
            case 2 -> ByteString.copyFrom(new byte[200 + below(2000)]);
            default -> ByteString.copyFromUtf8("v" + below(8));
        };
    }

    /** A revision that means something: now, before, ahead, compacted, the edges between them, nonsense. */
    long revision() {
        return switch (below(16)) {
            case 0, 1, 2, 3, 4, 5 -> Math.max(view.compactedRevision, view.revision - below(12));
            case 6, 7 -> {
                long least = Math.max(1, view.compactedRevision);
                yield random.nextLong(least, view.revision + 1);
            }
            case 8 -> view.revision;
            case 9 -> view.revision + 1;
            case 10 -> view.revision + 2 + below(20);
            case 11 -> view.compactedRevision;
            case 12 -> view.compactedRevision - 1;
            case 13 -> 1;
            case 14 -> oneOf(-1L, -2L, Long.MIN_VALUE);
            default -> oneOf(0L, Long.MAX_VALUE);
        };
    }

    RangeRequest range() {
        RangeRequest.Builder range = RangeRequest.newBuilder().setKey(keyOrNone());
        if (chance(75)) {
            range.setRangeEnd(rangeEnd(range.getKey()));
        }
        if (chance(25)) {
            range.setKey(Keys.LEAST).setRangeEnd(Keys.FROM_KEY);
        }
        if (chance(35)) {
            range.setRevision(revision());
        }
        if (chance(40)) {
            range.setLimit(oneOf(1L, 1L, 2L, 3L, 5L, -1L, Long.MAX_VALUE));
        }
        if (chance(40)) {
            range.setSortOrderValue(chance(3) ? oneOf(3, 7, -1) : below(3));
            range.setSortTargetValue(chance(3) ? oneOf(5, 9, -1) : below(5));
        }
        if (chance(8)) {
            range.setMinModRevision(filter());
        }
        if (chance(8)) {
            range.setMaxModRevision(filter());
        }
        if (chance(8)) {
            range.setMinCreateRevision(filter());
        }
        if (chance(8)) {
            range.setMaxCreateRevision(filter());
        }
        return range.setSerializable(chance(30))
                .setKeysOnly(chance(10))
                .setCountOnly(chance(10))
                .build();
    }

    private long filter() {
        return chance(10) ? oneOf(-5L, Long.MAX_VALUE, view.revision + 1) : random.nextLong(1, view.revision + 1);
    }

    /** A lease that exists, mostly. */
    long lease() {
        if (!view.leases.isEmpty() && chance(92)) {
            return oneOf(List.copyOf(view.leases));
        }
        return oneOf(1L, 7L, 99L, -3L, Long.MAX_VALUE);
    }

    PutRequest put() {
        return put(keyOrNone());
    }

    PutRequest put(ByteString key) {
        PutRequest.Builder put =
                PutRequest.newBuilder().setKey(key).setValue(value()).setPrevKv(chance(30));
        if (chance(25)) {
            put.setLease(lease());
        }
        if (chance(8)) {
            put.setIgnoreValue(true);
            if (chance(85)) {
                put.clearValue();
            }
        }
        if (chance(8)) {
            put.setIgnoreLease(true);
            if (chance(85)) {
                put.clearLease();
            }
        }
        return put.build();
    }

    DeleteRangeRequest delete() {
        DeleteRangeRequest.Builder delete =
                DeleteRangeRequest.newBuilder().setKey(keyOrNone()).setPrevKv(chance(50));
        if (chance(45)) {
            delete.setRangeEnd(rangeEnd(delete.getKey()));
        }
        return delete.build();
    }

    TxnRequest txn() {
        if (chance(2)) {
            return tooLongTxn();
        }
        List<ByteString> unused = new ArrayList<>(KEYS);
        TxnRequest txn = txn(1, unused);
        return deletesFromKey(txn) ? withoutIgnores(txn) : txn;
    }

    private TxnRequest txn(int depth, List<ByteString> unused) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (int i = below(4); i > 0; i--) {
            txn.addCompare(compare());
        }
        boolean readOnly = chance(15);
        List<ByteString> thenUnused = new ArrayList<>(unused);
        for (int i = below(5); i > 0; i--) {
            txn.addSuccess(op(depth, thenUnused, readOnly));
        }
        List<ByteString> elseUnused = new ArrayList<>(unused);
        for (int i = below(4); i > 0; i--) {
            txn.addFailure(op(depth, elseUnused, readOnly));
        }
        unused.retainAll(thenUnused);
        unused.retainAll(elseUnused);
        return txn.build();
    }

    private RequestOp op(int depth, List<ByteString> unused, boolean readOnly) {
        RequestOp.Builder op = RequestOp.newBuilder();
        int kind = readOnly ? 0 : below(100);
        if (kind < 28) {
            return op.setRequestRange(range()).build();
        }
        if (kind < 68) {
            if (unused.isEmpty() || chance(6)) {
                return op.setRequestPut(put()).build();
            }
            ByteString key = oneOf(unused);
            unused.remove(key);
            return op.setRequestPut(put(key)).build();
        }
        if (kind < 85) {
            if (unused.isEmpty() || chance(25)) {
                return op.setRequestDeleteRange(delete()).build();
            }
            ByteString key = oneOf(unused);
            unused.remove(key);
            return op.setRequestDeleteRange(
                            DeleteRangeRequest.newBuilder().setKey(key).setPrevKv(chance(50)))
                    .build();
        }
        if (kind < 99) {
            return depth == MAX_TXN_DEPTH
                    ? op.setRequestRange(range()).build()
                    : op.setRequestTxn(txn(depth + 1, unused)).build();
        }
        return op.build();
    }

    /** Around the limit of operations: just allowed, too many at the top, too many in a nested transaction. */
    private TxnRequest tooLongTxn() {
        RequestOp read = RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(KEYS.get(3)))
                .build();
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        switch (below(4)) {
            case 0 -> {
                for (int i = 0; i < MAX_TXN_OPS + below(2); i++) {
                    txn.addSuccess(read);
                }
            }
            case 1 -> {
                for (int i = 0; i < MAX_TXN_OPS + below(2); i++) {
                    txn.addCompare(Compare.newBuilder()
                            .setKey(KEYS.get(3))
                            .setTarget(Compare.CompareTarget.LEASE)
                            .setLease(0));
                }
            }
            case 2 -> {
                TxnRequest.Builder nested = TxnRequest.newBuilder();
                int outer = 1 + below(MAX_TXN_OPS - 1);
                for (int i = 1; i < outer; i++) {
                    txn.addFailure(read);
                }
                for (int i = 0; i < MAX_TXN_OPS - outer + below(2); i++) {
                    nested.addFailure(read);
                }
                txn.addFailure(RequestOp.newBuilder().setRequestTxn(nested));
            }
            default -> {
                for (int i = 0; i < MAX_TXN_OPS; i++) {
                    txn.addFailure(read);
                }
                txn.addSuccess(RequestOp.newBuilder()
                        .setRequestTxn(TxnRequest.newBuilder().addSuccess(read)));
            }
        }
        return txn.build();
    }

    private Compare compare() {
        Compare.Builder compare = Compare.newBuilder().setKey(keyOrNone());
        if (chance(20)) {
            compare.setRangeEnd(rangeEnd(compare.getKey()));
        }
        KeyValue kv = view.live.getOrDefault(compare.getKey(), KeyValue.getDefaultInstance());
        compare.setResultValue(chance(2) ? oneOf(4, -1) : chance(55) ? 0 : below(4));
        int target = chance(2) ? oneOf(5, -1) : below(5);
        compare.setTargetValue(target);
        int union = chance(90) ? target : below(6);
        switch (union) {
            case Compare.CompareTarget.VERSION_VALUE ->
                compare.setVersion(chance(60) ? kv.getVersion() : oneOf(0L, 1L, 2L, -1L));
            case Compare.CompareTarget.CREATE_VALUE ->
                compare.setCreateRevision(chance(60) ? kv.getCreateRevision() : oneOf(0L, revision()));
            case Compare.CompareTarget.MOD_VALUE ->
                compare.setModRevision(chance(60) ? kv.getModRevision() : oneOf(0L, revision()));
            case Compare.CompareTarget.VALUE_VALUE -> compare.setValue(chance(60) ? kv.getValue() : value());
            case Compare.CompareTarget.LEASE_VALUE -> {
                long lease = chance(60) ? kv.getLease() : oneOf(0L, 5L, -5L, lease());
                compare.setLease(lease);
                if (lease >= Identities.FIRST_PICKED_LEASE) {
                    // The order of ids that servers picked means nothing.
                    compare.setResultValue(
                            oneOf(Compare.CompareResult.EQUAL_VALUE, Compare.CompareResult.NOT_EQUAL_VALUE));
                }
            }
            default -> compare.clearTargetUnion();
        }
        return compare.build();
    }

    WatchCreateRequest watch() {
        WatchCreateRequest.Builder watch = WatchCreateRequest.newBuilder().setKey(chance(3) ? ByteString.EMPTY : key());
        if (chance(70)) {
            watch.setRangeEnd(rangeEnd(watch.getKey()));
        }
        if (chance(40)) {
            watch.setKey(Keys.LEAST).setRangeEnd(Keys.FROM_KEY);
        }
        int start = below(100);
        if (start < 30) {
            watch.setStartRevision(Math.max(Math.max(1, view.compactedRevision), view.revision - below(30)));
        } else if (start < 65) {
            watch.setStartRevision(revision());
        }
        if (chance(15)) {
            for (int i = 1 + below(2); i > 0; i--) {
                watch.addFiltersValue(oneOf(0, 1, 1, 0, 5));
            }
        }
        if (chance(25)) {
            watch.setWatchId(oneOf(1L, 2L, 3L, 4L, 9L, -4L, -1L, Long.MAX_VALUE));
        }
        return watch.setPrevKv(chance(50))
                .setFragment(chance(20))
                .setProgressNotify(chance(20))
                .build();
    }

    /**
     * A delete from a key on is not seen as overlapping a put of the same transaction, so the put may find that the
     * key whose value or lease it is to keep has just gone: etcd ends its process.
     */
    private static TxnRequest withoutIgnores(TxnRequest txn) {
        TxnRequest.Builder builder = txn.toBuilder();
        builder.getSuccessBuilderList().forEach(RequestGenerator::dropIgnores);
        builder.getFailureBuilderList().forEach(RequestGenerator::dropIgnores);
        return builder.build();
    }

    private static void dropIgnores(RequestOp.Builder op) {
        if (op.hasRequestPut()) {
            op.getRequestPutBuilder().clearIgnoreValue().clearIgnoreLease();
        } else if (op.hasRequestTxn()) {
            op.setRequestTxn(withoutIgnores(op.getRequestTxn()));
        }
    }

    private static boolean deletesFromKey(TxnRequest txn) {
        return deletesFromKey(txn.getSuccessList()) || deletesFromKey(txn.getFailureList());
    }

    private static boolean deletesFromKey(List<RequestOp> ops) {
        return ops.stream()
                .anyMatch(op -> op.hasRequestDeleteRange()
                                && op.getRequestDeleteRange().getRangeEnd().equals(Keys.FROM_KEY)
                        || op.hasRequestTxn() && deletesFromKey(op.getRequestTxn()));
    }

    private static ByteString bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return ByteString.copyFrom(bytes);
    }
}
