package io.meshkeep.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.proto.LeaseTimeToLiveRequest;
import io.meshkeep.proto.Permission;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.store.AuthChange;
import io.meshkeep.store.AuthUser;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ways in which a user with little might get at more: alice may read and write under a/, and nothing else. */
class EscalationTest {
    private static final ByteString OWN = ByteString.copyFromUtf8("a/1");
    private static final ByteString SECRET = ByteString.copyFromUtf8("secret");
    private static final ByteString NONE = ByteString.EMPTY;

    @TempDir
    Path directory;

    private AuthServer server;
    private Channel alice;
    private Channel root;

    @BeforeEach
    void start() {
        server = new AuthServer(directory);
        server.change(new AuthChange.Sequence(List.of(
                new AuthChange.UserAdd("root", true, NONE),
                new AuthChange.UserGrantRole("root", AuthUser.ROOT),
                new AuthChange.UserAdd("alice", true, NONE),
                new AuthChange.RoleAdd("own"),
                new AuthChange.RoleGrantPermission(
                        "own",
                        Permission.newBuilder()
                                .setPermType(Permission.Type.READWRITE)
                                .setKey(ByteString.copyFromUtf8("a/"))
                                .setRangeEnd(ByteString.copyFromUtf8("a0"))
                                .build()),
                new AuthChange.UserGrantRole("alice", "own"),
                new AuthChange.Enable())));
        alice = server.named("alice");
        root = server.named("root");
        put(root, SECRET, 0);
        put(alice, OWN, 0);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static void put(Channel channel, ByteString key, long lease) {
        KVGrpc.newBlockingStub(channel)
                .put(PutRequest.newBuilder().setKey(key).setLease(lease).build());
    }

    private static void txn(Channel channel, TxnRequest.Builder txn) {
        KVGrpc.newBlockingStub(channel).txn(txn.build());
    }

    private static RequestOp put(ByteString key) {
        return RequestOp.newBuilder()
                .setRequestPut(PutRequest.newBuilder().setKey(key))
                .build();
    }

    private void assertDenied(ThrowingCallable call) {
        long before = server.store().snapshot().revision();
        assertThatThrownBy(call).hasMessage("PERMISSION_DENIED: etcdserver: permission denied");
        assertThat(server.store().snapshot().revision()).as("nothing was done").isEqualTo(before);
    }

    /** Its commands would take the places of those who may write. */
    @Test
    void whatIsDeniedIsNotQueued() {
        long before = server.store().snapshot().appliedIndex();
        for (int i = 0; i < 10; i++) {
            assertDenied(() -> put(alice, SECRET, 0));
            assertDenied(() -> txn(alice, TxnRequest.newBuilder().addSuccess(put(SECRET))));
            assertDenied(() -> KVGrpc.newBlockingStub(alice)
                    .deleteRange(DeleteRangeRequest.newBuilder().setKey(SECRET).build()));
        }
        put(alice, OWN, 0);
        assertThat(server.store().snapshot().appliedIndex()).isEqualTo(before + 1);
    }

    /** Nobody here has one, so nothing needs to be hashed to say so. */
    @Test
    void passwordsAreOfNoUseWhereNobodyHasOne() {
        assertThatThrownBy(() -> server.login("mallory", "guess"))
                .hasMessage("INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password");
    }

    @Test
    void aTransactionIsNoWayAround() {
        TxnRequest.Builder own = TxnRequest.newBuilder().addSuccess(put(OWN));
        txn(alice, own.clone());
        // guessing a value by comparing with it
        assertDenied(() -> txn(
                alice,
                own.clone()
                        .addCompare(Compare.newBuilder()
                                .setKey(SECRET)
                                .setTarget(Compare.CompareTarget.VALUE)
                                .setValue(ByteString.copyFromUtf8("guess")))));
        // in the branch that is not taken, nested, or for the pair before
        assertDenied(() -> txn(alice, own.clone().addFailure(put(SECRET))));
        assertDenied(() -> txn(
                alice,
                own.clone()
                        .addFailure(RequestOp.newBuilder()
                                .setRequestTxn(TxnRequest.newBuilder()
                                        .addFailure(RequestOp.newBuilder()
                                                .setRequestRange(RangeRequest.newBuilder()
                                                        .setKey(SECRET)))))));
        assertDenied(() -> txn(
                alice,
                own.clone()
                        .addSuccess(RequestOp.newBuilder()
                                .setRequestDeleteRange(DeleteRangeRequest.newBuilder()
                                        .setKey(ByteString.copyFromUtf8("a/2"))
                                        .setRangeEnd(ByteString.copyFrom(new byte[1]))))));
        // one that only reads takes another way through the server
        assertDenied(() -> txn(
                alice,
                TxnRequest.newBuilder()
                        .addCompare(Compare.newBuilder().setKey(SECRET))
                        .addSuccess(RequestOp.newBuilder()
                                .setRequestRange(RangeRequest.newBuilder().setKey(OWN)))));
    }

    @Test
    void aRangeThatReachesOutIsDeniedAsAWhole() {
        KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(alice);
        for (String end : List.of("a1", "b", "\0")) {
            assertDenied(() -> kv.range(RangeRequest.newBuilder()
                    .setKey(OWN)
                    .setRangeEnd(ByteString.copyFromUtf8(end))
                    .setCountOnly(true)
                    .build()));
            assertDenied(() -> kv.deleteRange(DeleteRangeRequest.newBuilder()
                    .setKey(OWN)
                    .setRangeEnd(ByteString.copyFromUtf8(end))
                    .build()));
        }
    }

    @Test
    void anotherUsersLeaseDeletesNothing() {
        LeaseGrpc.LeaseBlockingStub leases = LeaseGrpc.newBlockingStub(alice);
        long lease = leases.leaseGrant(
                        LeaseGrantRequest.newBuilder().setTTL(3600).build())
                .getID();
        put(alice, OWN, lease);
        put(root, SECRET, lease);
        // the lease holds a key now that alice may not delete: she can neither end it nor tie more to its end
        assertDenied(() ->
                leases.leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build()));
        assertDenied(() -> put(alice, ByteString.copyFromUtf8("a/2"), lease));
        assertDenied(() -> leases.leaseTimeToLive(
                LeaseTimeToLiveRequest.newBuilder().setID(lease).setKeys(true).build()));
        assertThat(leases.leaseTimeToLive(
                                LeaseTimeToLiveRequest.newBuilder().setID(lease).build())
                        .getTTL())
                .isPositive();
        KVGrpc.newBlockingStub(root)
                .deleteRange(DeleteRangeRequest.newBuilder().setKey(SECRET).build());
        leases.leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());
    }

    @Test
    void aRevokedPermissionIsGoneWithTheAnswer() {
        server.change(new AuthChange.UserRevokeRole("alice", "own"));
        assertDenied(() -> put(alice, OWN, 0));
        assertDenied(() -> KVGrpc.newBlockingStub(alice)
                .range(RangeRequest.newBuilder().setKey(OWN).build()));
    }
}
