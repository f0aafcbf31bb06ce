package io.meshkeep.store;

import static io.meshkeep.store.Requests.op;
import static io.meshkeep.store.Requests.put;
import static io.meshkeep.store.Requests.range;
import static io.meshkeep.store.Requests.txn;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RequestChecksTest {

    private static EtcdError refusal(Runnable check) {
        try {
            check.run();
            return null;
        } catch (EtcdException e) {
            return e.error();
        }
    }

    private static EtcdError refusal(TxnRequest.Builder txn, int maxOps) {
        return refusal(() -> RequestChecks.check(txn.build(), maxOps));
    }

    private static EtcdError refusal(TxnRequest.Builder txn) {
        return refusal(txn, 128);
    }

    // ---- single requests

    @Test
    void aKeyMustBeThere() {
        assertThat(refusal(() -> RequestChecks.check(range("", "z").build()))).isEqualTo(EtcdError.EMPTY_KEY);
        assertThat(refusal(() -> RequestChecks.check(put("", "v")))).isEqualTo(EtcdError.EMPTY_KEY);
        assertThat(refusal(() -> RequestChecks.check(Requests.delete("", "z", false))))
                .isEqualTo(EtcdError.EMPTY_KEY);
        assertThat(refusal(txn().addCompare(Requests.version("", 1)))).isEqualTo(EtcdError.EMPTY_KEY);
        assertThat(refusal(txn().addFailure(op(range("", ""))))).isEqualTo(EtcdError.EMPTY_KEY);
    }

    @Test
    void aPutThatIgnoresMustNotGive() {
        PutRequest both = put("k", "v", 1).toBuilder()
                .setIgnoreValue(true)
                .setIgnoreLease(true)
                .build();
        assertThat(refusal(() -> RequestChecks.check(both))).isEqualTo(EtcdError.VALUE_PROVIDED);
        PutRequest lease = both.toBuilder().setValue(ByteString.EMPTY).build();
        assertThat(refusal(() -> RequestChecks.check(lease))).isEqualTo(EtcdError.LEASE_PROVIDED);
        PutRequest neither = lease.toBuilder().setLease(0).build();
        assertThat(refusal(() -> RequestChecks.check(neither))).isNull();
    }

    @Test
    void anUnknownSortIsRefused() {
        RangeRequest order = range("k", "").setSortOrderValue(3).build();
        RangeRequest target = range("k", "").setSortTargetValue(5).build();
        assertThat(refusal(() -> RequestChecks.check(order))).isEqualTo(EtcdError.INVALID_SORT_OPTION);
        assertThat(refusal(() -> RequestChecks.check(target))).isEqualTo(EtcdError.INVALID_SORT_OPTION);
    }

    @Test
    void anOperationThatIsNotSetIsRefused() {
        assertThat(refusal(txn().addSuccess(RequestOp.getDefaultInstance()))).isEqualTo(EtcdError.KEY_NOT_FOUND);
    }

    @Test
    void anUnknownCompareIsNotRefused() {
        Compare unknown = Compare.newBuilder()
                .setKey(Requests.bytes("k"))
                .setTargetValue(77)
                .setResultValue(77)
                .build();
        assertThat(refusal(txn().addCompare(unknown))).isNull();
    }

    // ---- how many operations

    @Test
    void theLargestOfComparesAndBranchesCounts() {
        TxnRequest.Builder three = txn();
        for (int i = 0; i < 3; i++) {
            three.addCompare(Requests.version("k" + i, 1))
                    .addSuccess(op(range("k" + i, "")))
                    .addFailure(op(range("k" + i, "")));
        }
        assertThat(refusal(three, 3)).isNull();
        assertThat(refusal(three, 2)).isEqualTo(EtcdError.TOO_MANY_OPS);
        assertThat(refusal(three.clone().addCompare(Requests.version("k", 1)), 3))
                .isEqualTo(EtcdError.TOO_MANY_OPS);
    }

    @Test
    void aNestedTransactionGetsWhatItsParentLeaves() {
        TxnRequest.Builder inner = txn().addSuccess(op(range("a", ""))).addSuccess(op(range("b", "")));
        TxnRequest.Builder outer = txn().addSuccess(op(inner));
        assertThat(refusal(outer, 3)).isNull();
        assertThat(refusal(outer, 2)).isEqualTo(EtcdError.TOO_MANY_OPS);
    }

    // ---- keys written twice

    @Test
    void thenAndElseOfOneTransactionMayShareAKey() {
        TxnRequest.Builder nested = txn().addSuccess(op(put("k", "1"))).addFailure(op(put("k", "2")));
        assertThat(refusal(txn().addSuccess(op(nested)))).isNull();
        assertThat(refusal(txn().addSuccess(op(nested)).addSuccess(op(put("k", "3")))))
                .isEqualTo(EtcdError.DUPLICATE_KEY);
    }

    @Test
    void aDeleteToTheEndOfAllKeysOverlapsNothing() {
        assertThat(refusal(
                        txn().addSuccess(op(Requests.delete("a", "\0", false))).addSuccess(op(put("b", "1")))))
                .isNull();
        assertThat(refusal(
                        txn().addSuccess(op(Requests.delete("a", "c", false))).addSuccess(op(put("b", "1")))))
                .isEqualTo(EtcdError.DUPLICATE_KEY);
    }

    /** A write, and where it stands: the operations that lead to it, with the branch taken below each. */
    private record Write(List<Integer> path, ByteString put, ByteString from, ByteString to) {
        boolean overlaps(Write other) {
            if (put != null && other.put != null) {
                return put.equals(other.put);
            }
            if (put == null && other.put == null) {
                return false;
            }
            Write delete = put == null ? this : other;
            ByteString key = put == null ? other.put : put;
            var order = ByteString.unsignedLexicographicalComparator();
            return order.compare(delete.from, key) <= 0 && order.compare(key, delete.to) < 0;
        }
    }

    private static void collect(List<RequestOp> ops, List<Integer> path, List<Write> writes) {
        for (int i = 0; i < ops.size(); i++) {
            RequestOp op = ops.get(i);
            List<Integer> here = new ArrayList<>(path);
            here.add(i);
            if (op.hasRequestPut()) {
                writes.add(new Write(here, op.getRequestPut().getKey(), null, null));
            } else if (op.hasRequestDeleteRange()) {
                ByteString from = op.getRequestDeleteRange().getKey();
                ByteString end = op.getRequestDeleteRange().getRangeEnd();
                ByteString to = end.isEmpty() ? from.concat(ByteString.copyFrom(new byte[1])) : end;
                writes.add(new Write(here, null, from, to));
            } else if (op.hasRequestTxn()) {
                List<Integer> then = new ArrayList<>(here);
                then.add(0);
                collect(op.getRequestTxn().getSuccessList(), then, writes);
                List<Integer> otherwise = new ArrayList<>(here);
                otherwise.add(1);
                collect(op.getRequestTxn().getFailureList(), otherwise, writes);
            }
        }
    }

    /**
     * Whether two writes of one branch may not be together. The paths alternate: operation, branch, operation, ...; two
     * that part at a branch exclude each other. What etcd does not look for is a put in a nested transaction and a
     * delete in a later one beside it.
     */
    private static boolean conflict(Write a, Write b) {
        if (!a.overlaps(b)) {
            return false;
        }
        int part = 0;
        while (a.path.get(part).equals(b.path.get(part))) {
            part++;
        }
        if (part % 2 == 1) {
            return false;
        }
        boolean bothNested = a.path.size() > part + 1 && b.path.size() > part + 1;
        if (bothNested && (a.put == null || b.put == null)) {
            Write put = a.put != null ? a : b;
            Write delete = a.put != null ? b : a;
            return delete.path.get(part) < put.path.get(part);
        }
        return true;
    }

    private static boolean conflict(List<RequestOp> branch) {
        List<Write> writes = new ArrayList<>();
        collect(branch, List.of(), writes);
        for (int i = 0; i < writes.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (conflict(writes.get(i), writes.get(j))) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void findsWhatComparingAllPairsFinds() {
        SplittableRandom random = new SplittableRandom(13);
        int refused = 0;
        int rounds = 20_000;
        for (int i = 0; i < rounds; i++) {
            TxnRequest.Builder txn = randomTxn(random, 3);
            boolean expected = conflict(txn.getSuccessList()) || conflict(txn.getFailureList());
            assertThat(refusal(txn)).as("%s", txn).isEqualTo(expected ? EtcdError.DUPLICATE_KEY : null);
            refused += expected ? 1 : 0;
        }
        assertThat(refused).isBetween(rounds / 5, rounds * 4 / 5);
    }

    private static TxnRequest.Builder randomTxn(SplittableRandom random, int depth) {
        TxnRequest.Builder txn = txn();
        for (int i = random.nextInt(4); i > 0; i--) {
            txn.addSuccess(randomOp(random, depth));
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            txn.addFailure(randomOp(random, depth));
        }
        return txn;
    }

    private static RequestOp randomOp(SplittableRandom random, int depth) {
        int kind = random.nextInt(depth > 1 ? 5 : 3);
        String key = key(random);
        if (kind < 2) {
            return op(put(key, "v"));
        } else if (kind == 2) {
            String end = Arrays.asList("", "\0", key(random), key(random)).get(random.nextInt(4));
            return op(Requests.delete(key, end, false));
        }
        return op(randomTxn(random, depth - 1));
    }

    private static String key(SplittableRandom random) {
        return String.valueOf((char) ('a' + random.nextInt(8))) + (random.nextInt(4) == 0 ? "x" : "");
    }

    // ---- what kind of transaction it is

    @Test
    void onlyRangesMakeAReadOnlyTransaction() {
        assertThat(RequestChecks.isReadOnly(txn().build())).isTrue();
        assertThat(RequestChecks.isReadOnly(txn().addSuccess(op(range("a", ""))).build()))
                .isTrue();
        assertThat(RequestChecks.isReadOnly(txn().addFailure(op(put("a", ""))).build()))
                .isFalse();
        assertThat(RequestChecks.isReadOnly(txn().addSuccess(op(txn())).build()))
                .isFalse();
    }

    @Test
    void aPutAnywhereNeedsSpace() {
        assertThat(RequestChecks.hasPut(txn().addSuccess(op(range("a", ""))).build()))
                .isFalse();
        assertThat(RequestChecks.hasPut(
                        txn().addSuccess(op(Requests.delete("a", "", false))).build()))
                .isFalse();
        assertThat(RequestChecks.hasPut(txn().addFailure(op(put("a", ""))).build()))
                .isTrue();
        assertThat(RequestChecks.hasPut(
                        txn().addSuccess(op(txn().addFailure(op(put("a", ""))))).build()))
                .isTrue();
    }
}
