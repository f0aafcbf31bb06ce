package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.kv.DeleteResponse;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.PutResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.CompactOption;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.GetOption.SortOrder;
import io.etcd.jetcd.options.GetOption.SortTarget;
import io.etcd.jetcd.options.PutOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** jetcd's KV client: every option, and transactions of every shape that it can build. */
class JetcdKvTest extends JetcdTest {
    private KV kv;

    @BeforeEach
    void takeKv() {
        kv = client.getKVClient();
    }

    private PutResponse put(String key, String value) {
        return get(kv.put(bytes(key), bytes(value)));
    }

    private GetResponse range(String key, GetOption option) {
        return get(kv.get(bytes(key), option));
    }

    private static List<String> keys(GetResponse response) {
        return response.getKvs().stream().map(pair -> text(pair.getKey())).toList();
    }

    private static GetOption.Builder prefix() {
        return GetOption.builder().isPrefix(true);
    }

    /** Beginning at the key of a zero byte, everything: jetcd cannot ask for the prefix of all keys. */
    private static GetOption.Builder toTheEnd() {
        return GetOption.builder().withRange(bytes("\0"));
    }

    @Test
    void putsAndGets() {
        PutResponse first = put("k", "v");
        assertThat(first.getHeader().getRevision()).isEqualTo(2);
        assertThat(first.getHeader().getClusterId()).isNotZero();
        assertThat(first.getHeader().getMemberId()).isNotZero();
        assertThat(first.hasPrevKv()).isFalse();
        PutResponse second = get(
                kv.put(bytes("k"), bytes("w"), PutOption.builder().withPrevKV().build()));
        assertThat(second.hasPrevKv()).isTrue();
        assertThat(text(second.getPrevKv().getValue())).isEqualTo("v");

        GetResponse got = get(kv.get(bytes("k")));
        assertThat(got.getCount()).isOne();
        assertThat(got.isMore()).isFalse();
        KeyValue pair = got.getKvs().get(0);
        assertThat(text(pair.getKey())).isEqualTo("k");
        assertThat(text(pair.getValue())).isEqualTo("w");
        assertThat(pair.getCreateRevision()).isEqualTo(2);
        assertThat(pair.getModRevision()).isEqualTo(3);
        assertThat(pair.getVersion()).isEqualTo(2);
        assertThat(pair.getLease()).isZero();
        assertThat(get(kv.get(bytes("absent"))).getKvs()).isEmpty();
    }

    @Test
    void keepsBytesThatAreNoText() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        ByteSequence bytes = ByteSequence.from(all);
        get(kv.put(bytes, bytes));
        assertThat(get(kv.get(bytes)).getKvs().get(0).getValue()).isEqualTo(bytes);
        // an empty value is a value
        put("empty", "");
        assertThat(get(kv.get(bytes("empty"))).getCount()).isOne();
    }

    @Test
    void ordersKeysAsUnsignedBytes() {
        for (int b : new int[] {0x00, 0x7f, 0x80, 0xff, 0x01}) {
            get(kv.put(ByteSequence.from(new byte[] {'k', (byte) b}), bytes("v")));
        }
        List<Integer> second = range("k", prefix().build()).getKvs().stream()
                .map(pair -> pair.getKey().getBytes()[1] & 0xff)
                .toList();
        assertThat(second).containsExactly(0x00, 0x01, 0x7f, 0x80, 0xff);
    }

    @Test
    void getsRanges() {
        for (String key : List.of("a", "b", "b/1", "b/2", "c", "d")) {
            put(key, "of " + key);
        }
        assertThat(keys(range("b", prefix().build()))).containsExactly("b", "b/1", "b/2");
        assertThat(keys(range("b", GetOption.builder().withRange(bytes("d")).build())))
                .containsExactly("b", "b/1", "b/2", "c");
        assertThat(keys(range("c", toTheEnd().build()))).containsExactly("c", "d");
        assertThat(keys(range("\0", toTheEnd().build()))).hasSize(6);

        GetResponse limited = range("b", prefix().withLimit(2).build());
        assertThat(keys(limited)).containsExactly("b", "b/1");
        assertThat(limited.isMore()).isTrue();
        assertThat(limited.getCount()).isEqualTo(3);
        GetResponse exact = range("b", prefix().withLimit(3).build());
        assertThat(exact.isMore()).isFalse();

        GetResponse counted = range("b", prefix().withCountOnly(true).build());
        assertThat(counted.getKvs()).isEmpty();
        assertThat(counted.getCount()).isEqualTo(3);

        GetResponse bare = range("b", prefix().withKeysOnly(true).build());
        assertThat(keys(bare)).containsExactly("b", "b/1", "b/2");
        assertThat(bare.getKvs())
                .allSatisfy(pair -> assertThat(pair.getValue().isEmpty()).isTrue());
        assertThat(keys(range("b", prefix().withSerializable(true).build()))).hasSize(3);
    }

    @Test
    void sorts() {
        // key, creation, change, version and value: five different orders
        put("b", "3");
        put("a", "9");
        put("c", "1");
        put("b", "5");
        put("b", "4");
        put("a", "2");
        assertThat(sorted(SortTarget.KEY, SortOrder.ASCEND)).containsExactly("a", "b", "c");
        assertThat(sorted(SortTarget.KEY, SortOrder.DESCEND)).containsExactly("c", "b", "a");
        assertThat(sorted(SortTarget.CREATE, SortOrder.ASCEND)).containsExactly("b", "a", "c");
        assertThat(sorted(SortTarget.CREATE, SortOrder.DESCEND)).containsExactly("c", "a", "b");
        assertThat(sorted(SortTarget.MOD, SortOrder.ASCEND)).containsExactly("c", "b", "a");
        assertThat(sorted(SortTarget.MOD, SortOrder.DESCEND)).containsExactly("a", "b", "c");
        assertThat(sorted(SortTarget.VERSION, SortOrder.ASCEND)).containsExactly("c", "a", "b");
        assertThat(sorted(SortTarget.VERSION, SortOrder.DESCEND)).containsExactly("b", "a", "c");
        assertThat(sorted(SortTarget.VALUE, SortOrder.ASCEND)).containsExactly("c", "a", "b");
        assertThat(sorted(SortTarget.VALUE, SortOrder.DESCEND)).containsExactly("b", "a", "c");
        assertThat(sorted(SortTarget.MOD, SortOrder.NONE)).containsExactly("c", "b", "a");
        GetOption newest = GetOption.builder()
                .withRange(bytes("z"))
                .withSortField(SortTarget.MOD)
                .withSortOrder(SortOrder.DESCEND)
                .withLimit(1)
                .build();
        GetResponse one = range("a", newest);
        assertThat(keys(one)).containsExactly("a");
        assertThat(one.isMore()).isTrue();
        assertThat(one.getCount()).isEqualTo(3);
    }

    private List<String> sorted(SortTarget target, SortOrder order) {
        return keys(range(
                "a",
                GetOption.builder()
                        .withRange(bytes("z"))
                        .withSortField(target)
                        .withSortOrder(order)
                        .build()));
    }

    @Test
    void filtersByRevision() {
        put("a", "1");
        put("b", "1");
        put("c", "1");
        put("a", "2");
        // created at 2, 3, 4; a changed at 5
        assertThat(keys(range("\0", toTheEnd().withMinModRevision(4).build()))).containsExactly("a", "c");
        assertThat(keys(range("\0", toTheEnd().withMaxModRevision(4).build()))).containsExactly("b", "c");
        assertThat(keys(range("\0", toTheEnd().withMinCreateRevision(3).build())))
                .containsExactly("b", "c");
        assertThat(keys(range("\0", toTheEnd().withMaxCreateRevision(3).build())))
                .containsExactly("a", "b");
        GetResponse filtered = range(
                "\0",
                toTheEnd()
                        .withMinCreateRevision(2)
                        .withMaxModRevision(4)
                        .withLimit(1)
                        .build());
        assertThat(keys(filtered)).containsExactly("b");
        assertThat(filtered.isMore()).isTrue();
        assertThat(filtered.getCount()).isEqualTo(3);
    }

    @Test
    void readsThePast() {
        put("a", "1");
        put("b", "1");
        put("a", "2");
        get(kv.delete(bytes("b")));
        GetResponse at2 = range("\0", toTheEnd().withRevision(2).build());
        assertThat(keys(at2)).containsExactly("a");
        assertThat(at2.getHeader().getRevision()).isEqualTo(5);
        assertThat(keys(range("\0", toTheEnd().withRevision(3).build()))).containsExactly("a", "b");
        assertThat(text(range("a", GetOption.builder().withRevision(3).build())
                        .getKvs()
                        .get(0)
                        .getValue()))
                .isEqualTo("1");
        assertThat(keys(range("\0", toTheEnd().withRevision(5).build()))).containsExactly("a");
        assertThat(range("\0", toTheEnd().withRevision(1).build()).getKvs()).isEmpty();
    }

    @Test
    void deletes() {
        for (String key : List.of("a", "p/1", "p/2", "x", "y", "z")) {
            put(key, "of " + key);
        }
        assertThat(get(kv.delete(bytes("absent"))).getHeader().getRevision()).isEqualTo(7);
        DeleteResponse one = get(kv.delete(bytes("a")));
        assertThat(one.getDeleted()).isOne();
        assertThat(one.getHeader().getRevision()).isEqualTo(8);
        assertThat(one.getPrevKvs()).isEmpty();
        DeleteResponse two = get(kv.delete(
                bytes("p/"),
                DeleteOption.builder().isPrefix(true).withPrevKV(true).build()));
        assertThat(two.getDeleted()).isEqualTo(2);
        assertThat(two.getPrevKvs()).extracting(pair -> text(pair.getValue())).containsExactly("of p/1", "of p/2");
        assertThat(two.getHeader().getRevision()).isEqualTo(9);
        assertThat(get(kv.delete(
                                bytes("x"),
                                DeleteOption.builder().withRange(bytes("z")).build()))
                        .getDeleted())
                .isEqualTo(2);
        assertThat(keys(range("\0", toTheEnd().build()))).containsExactly("z");
        put("a", "again");
        KeyValue again = get(kv.get(bytes("a"))).getKvs().get(0);
        assertThat(again.getVersion()).isOne();
        assertThat(again.getCreateRevision()).isEqualTo(again.getModRevision());
    }

    @Test
    void compacts() {
        put("k", "1");
        put("k", "2");
        put("k", "3");
        get(kv.compact(3));
        assertThat(text(range("k", GetOption.builder().withRevision(3).build())
                        .getKvs()
                        .get(0)
                        .getValue()))
                .isEqualTo("2");
        get(kv.compact(4, CompactOption.builder().withCompactPhysical(true).build()));
        assertThat(text(get(kv.get(bytes("k"))).getKvs().get(0).getValue())).isEqualTo("3");
    }

    @Test
    void givesConcurrentPutsRevisionsWithoutAGap() {
        List<CompletableFuture<PutResponse>> puts = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            puts.add(kv.put(bytes("k" + i % 7), bytes("v" + i)));
        }
        List<Long> revisions = puts.stream()
                .map(put -> get(put).getHeader().getRevision())
                .sorted()
                .toList();
        assertThat(revisions).doesNotHaveDuplicates().startsWith(2L).endsWith(301L);
    }

    // ---- transactions

    private static Cmp value(String key, Cmp.Op op, String value) {
        return new Cmp(bytes(key), op, CmpTarget.value(bytes(value)));
    }

    private static Op.PutOp putOp(String key, String value) {
        return Op.put(bytes(key), bytes(value), PutOption.builder().withPrevKV().build());
    }

    private static Op.GetOp getOp(String key) {
        return Op.get(bytes(key), GetOption.DEFAULT);
    }

    @Test
    void takesTheBranchThatTheComparesSay() {
        put("k", "v");
        TxnResponse then = get(kv.txn()
                .If(value("k", Cmp.Op.EQUAL, "v"))
                .Then(putOp("k", "w"), getOp("k"))
                .Else(putOp("other", "x"))
                .commit());
        assertThat(then.isSucceeded()).isTrue();
        assertThat(then.getHeader().getRevision()).isEqualTo(3);
        assertThat(text(then.getPutResponses().get(0).getPrevKv().getValue())).isEqualTo("v");
        // a read sees what was written before it in the same transaction
        assertThat(text(then.getGetResponses().get(0).getKvs().get(0).getValue()))
                .isEqualTo("w");

        TxnResponse otherwise = get(kv.txn()
                .If(value("k", Cmp.Op.EQUAL, "v"))
                .Then(putOp("k", "x"))
                .Else(getOp("k"), Op.delete(bytes("absent"), DeleteOption.DEFAULT))
                .commit());
        assertThat(otherwise.isSucceeded()).isFalse();
        assertThat(otherwise.getHeader().getRevision()).isEqualTo(3);
        assertThat(otherwise.getDeleteResponses().get(0).getDeleted()).isZero();
    }

    @Test
    void comparesInEveryWay() {
        put("k", "5");
        put("k", "5");
        // version 2, created at 2, changed at 3
        assertThat(holds(new Cmp(bytes("k"), Cmp.Op.EQUAL, CmpTarget.version(2))))
                .isTrue();
        assertThat(holds(new Cmp(bytes("k"), Cmp.Op.LESS, CmpTarget.version(2))))
                .isFalse();
        assertThat(holds(new Cmp(bytes("k"), Cmp.Op.GREATER, CmpTarget.version(1))))
                .isTrue();
        assertThat(holds(new Cmp(bytes("k"), Cmp.Op.NOT_EQUAL, CmpTarget.version(1))))
                .isTrue();
        assertThat(holds(new Cmp(bytes("k"), Cmp.Op.EQUAL, CmpTarget.createRevision(2))))
                .isTrue();
        assertThat(holds(new Cmp(bytes("k"), Cmp.Op.EQUAL, CmpTarget.modRevision(3))))
                .isTrue();
        assertThat(holds(new Cmp(bytes("k"), Cmp.Op.EQUAL, CmpTarget.modRevision(2))))
                .isFalse();
        assertThat(holds(value("k", Cmp.Op.GREATER, "4"))).isTrue();
        assertThat(holds(value("k", Cmp.Op.LESS, "4"))).isFalse();
        // nothing is there: numbers are zero, a value is no value at all
        assertThat(holds(new Cmp(bytes("absent"), Cmp.Op.EQUAL, CmpTarget.version(0))))
                .isTrue();
        assertThat(holds(new Cmp(bytes("absent"), Cmp.Op.EQUAL, CmpTarget.createRevision(0))))
                .isTrue();
        assertThat(holds(value("absent", Cmp.Op.EQUAL, ""))).isFalse();
        assertThat(holds(value("absent", Cmp.Op.NOT_EQUAL, "x"))).isFalse();
        assertThat(holds(value("k", Cmp.Op.EQUAL, "5"), value("k", Cmp.Op.EQUAL, "6")))
                .isFalse();
        assertThat(holds()).isTrue();
    }

    private boolean holds(Cmp... compares) {
        return get(kv.txn().If(compares).Then(getOp("k")).commit()).isSucceeded();
    }

    @Test
    void nestsTransactions() {
        put("k", "v");
        TxnResponse outer = get(kv.txn()
                .If(value("k", Cmp.Op.EQUAL, "v"))
                .Then(
                        putOp("k", "w"),
                        Op.txn(
                                // looks at the state before the whole transaction
                                new Cmp[] {value("k", Cmp.Op.EQUAL, "w")},
                                new Op[] {putOp("seen", "w")},
                                new Op[] {putOp("seen", "v"), getOp("k")}))
                .commit());
        assertThat(outer.isSucceeded()).isTrue();
        TxnResponse inner = outer.getTxnResponses().get(0);
        assertThat(inner.isSucceeded()).isFalse();
        assertThat(text(inner.getGetResponses().get(0).getKvs().get(0).getValue()))
                .isEqualTo("w");
        KeyValue seen = get(kv.get(bytes("seen"))).getKvs().get(0);
        assertThat(text(seen.getValue())).isEqualTo("v");
        assertThat(seen.getModRevision())
                .isEqualTo(outer.getHeader().getRevision())
                .isEqualTo(3);
    }

    @Test
    void prefixesANamespace() {
        try (Client inNamespace = Client.builder()
                .endpoints("http://" + target.endpoint())
                .namespace(bytes("space/"))
                .build()) {
            get(inNamespace.getKVClient().put(bytes("k"), bytes("v")));
            assertThat(keys(range("\0", toTheEnd().build()))).containsExactly("space/k");
            GetResponse inside = get(inNamespace.getKVClient().get(bytes("k")));
            assertThat(keys(inside)).containsExactly("k");
        }
    }
}
