package io.meshkeep.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.meshkeep.proto.AuthDisableRequest;
import io.meshkeep.proto.AuthEnableRequest;
import io.meshkeep.proto.AuthGrpc;
import io.meshkeep.proto.AuthUserChangePasswordRequest;
import io.meshkeep.proto.AuthUserDeleteRequest;
import io.meshkeep.proto.AuthUserListRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.proto.WatchResponse;
import io.meshkeep.store.AuthChange;
import io.meshkeep.store.AuthUser;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When tokens and the streams opened with them come to an end. */
class TokenLifeTest {
    private static final ByteString KEY = ByteString.copyFromUtf8("k");

    @TempDir
    Path directory;

    private AuthServer server;

    @BeforeEach
    void start() {
        server = new AuthServer(directory);
        server.enable();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private AuthGrpc.AuthBlockingStub root() {
        return AuthGrpc.newBlockingStub(server.token(server.login("root", AuthServer.ROOT_PASSWORD)));
    }

    private static void put(Channel channel) {
        KVGrpc.newBlockingStub(channel).put(PutRequest.newBuilder().setKey(KEY).build());
    }

    private static void assertInvalid(Channel channel) {
        assertThatThrownBy(() -> put(channel)).hasMessage("UNAUTHENTICATED: etcdserver: invalid auth token");
    }

    @Test
    void aTokenDiesWithItsPassword() {
        Channel old = server.token(server.login("root", AuthServer.ROOT_PASSWORD));
        put(old);
        AuthGrpc.newBlockingStub(old)
                .userChangePassword(AuthUserChangePasswordRequest.newBuilder()
                        .setName("root")
                        .setPassword("new")
                        .build());
        assertInvalid(old);
        put(server.token(server.login("root", "new")));
        assertThatThrownBy(() -> server.login("root", AuthServer.ROOT_PASSWORD))
                .hasMessage("INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password");
    }

    @Test
    void aTokenDiesWithItsUserAndDoesNotComeBackWithTheName() {
        addAlice();
        Channel alice = server.token(server.login("alice", "pw"));
        put(alice);
        root().userDelete(AuthUserDeleteRequest.newBuilder().setName("alice").build());
        assertInvalid(alice);
        addAlice();
        assertInvalid(alice);
    }

    @Test
    void aTokenDiesWhenAuthenticationIsSwitchedOff() {
        Channel old = server.token(server.login("root", AuthServer.ROOT_PASSWORD));
        root().authDisable(AuthDisableRequest.getDefaultInstance());
        assertThatCode(() -> put(old)).as("nobody is asked").doesNotThrowAnyException();
        AuthGrpc.newBlockingStub(server.nobody()).authEnable(AuthEnableRequest.getDefaultInstance());
        assertInvalid(old);
    }

    @Test
    void aTokenIsGoneAfterARestartAndUsersAreNot() {
        addAlice();
        Channel before = server.token(server.login("alice", "pw"));
        put(before);
        String token = server.login("alice", "pw");
        long revision = server.store().snapshot().auth().revision();
        server.restart();
        assertInvalid(server.token(token));
        put(server.token(server.login("alice", "pw")));
        assertThat(server.store().snapshot().auth().revision()).isEqualTo(revision);
        assertThatThrownBy(() -> put(server.nobody())).hasMessage("INVALID_ARGUMENT: etcdserver: user name is empty");
    }

    @Test
    void aDeletedUsersWatchStreamsEndAndOthersGoOn() {
        addAlice();
        Watching alice = watch(server.token(server.login("alice", "pw")));
        Watching root = watch(server.named("root"));
        assertThat(alice.next().getCreated()).isTrue();
        assertThat(root.next().getCreated()).isTrue();
        root().userDelete(AuthUserDeleteRequest.newBuilder().setName("alice").build());
        assertThat(alice.ended.join().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        put(server.named("root"));
        assertThat(root.next().getEventsList()).hasSize(1);
    }

    @Test
    void aReAddedUserDoesNotInheritTheStream() {
        addAlice();
        Watching alice = watch(server.named("alice"));
        assertThat(alice.next().getCreated()).isTrue();
        server.change(new AuthChange.Sequence(List.of(
                new AuthChange.UserDelete("alice"),
                new AuthChange.UserAdd("alice", true, ByteString.EMPTY),
                new AuthChange.UserGrantRole("alice", AuthUser.ROOT))));
        assertThat(alice.ended.join().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    }

    @Test
    void aStreamWithoutAWatchIsNotServedForADeletedUser() {
        addAlice();
        server.change(new AuthChange.UserDelete("alice"));
        WatchResponse refused = watch(server.named("alice")).next();
        assertThat(refused.getCreated() && refused.getCanceled()).isTrue();
        assertThat(refused.getWatchId()).isEqualTo(-1);
        assertThat(refused.getCancelReason())
                .isEqualTo("rpc error: code = PermissionDenied desc = etcdserver: permission denied");
    }

    @Test
    void aCertificateNamesTheUserAndATokenComesFirst() {
        addAlice();
        assertThatThrownBy(() -> AuthGrpc.newBlockingStub(server.named("mallory"))
                        .userList(AuthUserListRequest.getDefaultInstance()))
                .hasMessage("FAILED_PRECONDITION: etcdserver: user name not found");
        assertThatThrownBy(() -> put(server.named("mallory"))).isInstanceOf(StatusRuntimeException.class);
        put(server.named("alice"));
    }

    private void addAlice() {
        CompletableFuture<ByteString> hash = new CompletableFuture<>();
        try (Passwords passwords = new Passwords("test", 4)) {
            passwords.hash("pw", hash::complete, hash::completeExceptionally);
            server.change(new AuthChange.Sequence(List.of(
                    new AuthChange.UserAdd("alice", false, hash.join()),
                    new AuthChange.UserGrantRole("alice", AuthUser.ROOT))));
        }
    }

    private static final class Watching implements StreamObserver<WatchResponse> {
        private final BlockingQueue<WatchResponse> received = new LinkedBlockingQueue<>();
        private final CompletableFuture<Status> ended = new CompletableFuture<>();

        WatchResponse next() {
            await().until(() -> !received.isEmpty() || ended.isDone());
            return received.remove();
        }

        @Override
        public void onNext(WatchResponse response) {
            received.add(response);
        }

        @Override
        public void onError(Throwable t) {
            ended.complete(Status.fromThrowable(t));
        }

        @Override
        public void onCompleted() {
            ended.complete(Status.OK);
        }
    }

    private static Watching watch(Channel channel) {
        Watching watching = new Watching();
        WatchGrpc.newStub(channel)
                .watch(watching)
                .onNext(WatchRequest.newBuilder()
                        .setCreateRequest(WatchCreateRequest.newBuilder().setKey(KEY))
                        .build());
        return watching;
    }
}
