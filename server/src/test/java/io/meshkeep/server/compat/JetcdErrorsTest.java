package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.KV;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.PutOption;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What jetcd makes of refusals: code and text decide whether it tries again, asks for a new token, or gives up. */
class JetcdErrorsTest extends JetcdTest {
    private KV kv;

    @BeforeEach
    void takeKv() {
        kv = client.getKVClient();
        for (int i = 0; i < 4; i++) {
            get(kv.put(bytes("k"), bytes("v" + i)));
        }
    }

    private static void refused(CompletableFuture<?> call, Status.Code code, String text) {
        try {
            Object answer = call.get(RawClient.PATIENCE_SECONDS, TimeUnit.SECONDS);
            throw new AssertionError("not refused: " + answer);
        } catch (ExecutionException e) {
            Status status = Status.fromThrowable(e);
            assertThat(status.getCode()).as("%s", status).isEqualTo(code);
            assertThat(status.getDescription()).isEqualTo(text);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new AssertionError("no answer", e);
        }
    }

    private static GetOption at(long revision) {
        return GetOption.builder().withRevision(revision).build();
    }

    @Test
    void refusesRevisions() {
        get(kv.compact(3));
        String compacted = "etcdserver: mvcc: required revision has been compacted";
        String future = "etcdserver: mvcc: required revision is a future revision";
        refused(kv.get(bytes("k"), at(2)), Status.Code.OUT_OF_RANGE, compacted);
        refused(kv.get(bytes("k"), at(99)), Status.Code.OUT_OF_RANGE, future);
        refused(kv.compact(3), Status.Code.OUT_OF_RANGE, compacted);
        refused(kv.compact(99), Status.Code.OUT_OF_RANGE, future);
        refused(kv.txn().Then(Op.get(bytes("k"), at(2))).commit(), Status.Code.OUT_OF_RANGE, compacted);
    }

    @Test
    void refusesKeysAndValues() {
        refused(kv.put(bytes(""), bytes("v")), Status.Code.INVALID_ARGUMENT, "etcdserver: key is not provided");
        refused(kv.get(bytes("")), Status.Code.INVALID_ARGUMENT, "etcdserver: key is not provided");
        refused(kv.delete(bytes("")), Status.Code.INVALID_ARGUMENT, "etcdserver: key is not provided");
        refused(
                kv.put(bytes("k"), bytes("x".repeat(1_600_000))),
                Status.Code.INVALID_ARGUMENT,
                "etcdserver: request is too large");
        assertThat(text(get(kv.get(bytes("k"))).getKvs().get(0).getValue())).isEqualTo("v3");
    }

    @Test
    void refusesLeases() {
        refused(
                kv.put(
                        bytes("k"),
                        bytes("v"),
                        PutOption.builder().withLeaseId(12345).build()),
                Status.Code.NOT_FOUND,
                "etcdserver: requested lease not found");
        refused(client.getLeaseClient().revoke(12345), Status.Code.NOT_FOUND, "etcdserver: requested lease not found");
        refused(
                client.getLeaseClient().grant(9_000_000_001L),
                Status.Code.OUT_OF_RANGE,
                "etcdserver: too large lease TTL");
    }

    @Test
    void refusesTransactions() {
        Op put = Op.put(bytes("k"), bytes("v"), PutOption.DEFAULT);
        refused(
                kv.txn().Then(put, put).commit(),
                Status.Code.INVALID_ARGUMENT,
                "etcdserver: duplicate key given in txn request");
        Op[] many = IntStream.range(0, 129)
                .mapToObj(i -> Op.put(bytes("k" + i), bytes("v"), PutOption.DEFAULT))
                .toArray(Op[]::new);
        refused(
                kv.txn().Then(many).commit(),
                Status.Code.INVALID_ARGUMENT,
                "etcdserver: too many operations in txn request");
        assertThat(get(kv.get(bytes("k"))).getHeader().getRevision()).isEqualTo(5);
    }
}
