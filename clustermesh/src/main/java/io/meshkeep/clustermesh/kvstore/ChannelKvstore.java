package io.meshkeep.clustermesh.kvstore;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.meshkeep.proto.AuthGrpc;
import io.meshkeep.proto.AuthUserAddRequest;
import io.meshkeep.proto.AuthUserAddResponse;
import io.meshkeep.proto.AuthUserDeleteRequest;
import io.meshkeep.proto.AuthUserDeleteResponse;
import io.meshkeep.proto.AuthUserGrantRoleRequest;
import io.meshkeep.proto.AuthUserGrantRoleResponse;
import io.meshkeep.proto.AuthUserRevokeRoleRequest;
import io.meshkeep.proto.AuthUserRevokeRoleResponse;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.DeleteRangeResponse;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseTimeToLiveRequest;
import io.meshkeep.proto.LeaseTimeToLiveResponse;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.PutResponse;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.TxnResponse;
import io.meshkeep.proto.UserAddOptions;
import io.meshkeep.server.MeshkeepServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Kvstore} over gRPC. All leases share one keepalive stream and everything followed one watch stream, as with
 * etcd's own client.
 */
public final class ChannelKvstore implements Kvstore {
    private static final Logger log = LoggerFactory.getLogger(ChannelKvstore.class);

    /** As long as a call waits for a connection and an answer. */
    static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

    /** Has a member of a cluster without a leader refuse, instead of leaving a stream silent. */
    private static final Metadata.Key<String> REQUIRE_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

    static final int PAGE = 1000;

    private final Channel channel;
    private final Channel streams;
    private final Runnable release;
    private final Duration callTimeout;
    private final SerialExecutor loop = new SerialExecutor(KvstoreThreads.WORK);
    private final LeaseKeeper leases;
    private final WatchStream watches;
    private volatile long clusterId;
    private volatile boolean closed;

    private ChannelKvstore(Channel channel, Duration callTimeout, Runnable release) {
        this.channel = channel;
        this.callTimeout = callTimeout;
        this.release = release;
        Metadata headers = new Metadata();
        headers.put(REQUIRE_LEADER, "true");
        this.streams = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
        this.leases = new LeaseKeeper(this);
        this.watches = new WatchStream(this);
    }

    /** A client over a channel that stays the caller's: closing the client leaves it open. */
    public static ChannelKvstore over(Channel channel) {
        return new ChannelKvstore(channel, CALL_TIMEOUT, () -> {});
    }

    static ChannelKvstore over(Channel channel, Duration callTimeout) {
        return new ChannelKvstore(channel, callTimeout, () -> {});
    }

    /**
     * A client of a server in this process, without a network. Where users are on, the server has to trust it:
     * {@link io.meshkeep.server.ServerConfig.Builder#trustInProcess}.
     */
    public static ChannelKvstore embedded(MeshkeepServer server) {
        ManagedChannel channel = InProcessChannelBuilder.forName(server.inProcessName())
                .directExecutor()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build();
        return new ChannelKvstore(channel, CALL_TIMEOUT, channel::shutdownNow);
    }

    /**
     * A client over the network. Nothing is connected before the first call; calls wait for the connection.
     *
     * @throws IOException with one line for the user, if the certificates cannot be read
     */
    public static ChannelKvstore connect(EtcdConfig config) throws IOException {
        EtcdConnection connection = EtcdConnection.open(config);
        return new ChannelKvstore(connection.channel(), CALL_TIMEOUT, connection::close);
    }

    SerialExecutor loop() {
        return loop;
    }

    Channel streams() {
        return streams;
    }

    /** For streams, which last; on the loop. */
    CallOptions streamOptions() {
        return CallOptions.DEFAULT.withExecutor(loop).withWaitForReady();
    }

    boolean isClosed() {
        return closed;
    }

    /** Looks at what an answer says of the etcd that gave it; on the loop. */
    void seen(ResponseHeader header) {
        long id = header.getClusterId();
        long before = clusterId;
        if (id == before || id == 0) {
            return;
        }
        clusterId = id;
        if (before != 0) {
            log.info(
                    "the etcd has another cluster id now, {} instead of {}: it starts with no data of ours",
                    Long.toHexString(id),
                    Long.toHexString(before));
            leases.allLost();
            watches.relistAll();
        }
    }

    /** One call. Its future completes on the loop. */
    <Q, R, T> CompletableFuture<T> call(
            MethodDescriptor<Q, R> method, Q request, Function<R, ResponseHeader> header, Function<R, T> result) {
        CompletableFuture<T> future = new CompletableFuture<>();
        if (closed) {
            future.completeExceptionally(
                    Status.CANCELLED.withDescription("the client is closed").asRuntimeException());
            return future;
        }
        CallOptions options = CallOptions.DEFAULT
                .withExecutor(loop)
                .withWaitForReady()
                .withDeadlineAfter(callTimeout.toNanos(), TimeUnit.NANOSECONDS);
        ClientCalls.asyncUnaryCall(channel.newCall(method, options), request, new StreamObserver<R>() {
            @Override
            public void onNext(R response) {
                seen(header.apply(response));
                future.complete(result.apply(response));
            }

            @Override
            public void onError(Throwable cause) {
                future.completeExceptionally(cause);
            }

            @Override
            public void onCompleted() {}
        });
        return future;
    }

    CompletableFuture<RangeResponse> range(RangeRequest request) {
        return call(KVGrpc.getRangeMethod(), request, RangeResponse::getHeader, Function.identity());
    }

    static Pair pair(KeyValue kv) {
        return new Pair(kv.getKey().toStringUtf8(), kv.getValue(), kv.getModRevision(), kv.getLease());
    }

    @Override
    public CompletableFuture<Optional<Pair>> get(String key) {
        return range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .build())
                .thenApply(
                        response -> response.getKvsList().stream().findFirst().map(ChannelKvstore::pair));
    }

    @Override
    public CompletableFuture<Listing> list(String prefix) {
        ByteString start = Prefix.start(prefix);
        return page(start, Prefix.end(ByteString.copyFromUtf8(prefix)), 0, new ArrayList<>());
    }

    private CompletableFuture<Listing> page(ByteString from, ByteString end, long revision, List<Pair> pairs) {
        return range(pageRequest(from, end, revision)).thenCompose(response -> {
            long at = revision == 0 ? response.getHeader().getRevision() : revision;
            response.getKvsList().forEach(kv -> pairs.add(pair(kv)));
            if (!response.getMore() || response.getKvsCount() == 0) {
                return CompletableFuture.completedFuture(new Listing(List.copyOf(pairs), at));
            }
            return page(after(response), end, at, pairs);
        });
    }

    static RangeRequest pageRequest(ByteString from, ByteString end, long revision) {
        return RangeRequest.newBuilder()
                .setKey(from)
                .setRangeEnd(end)
                .setLimit(PAGE)
                .setRevision(revision)
                .build();
    }

    /** Where the page after this one begins. */
    static ByteString after(RangeResponse response) {
        return response.getKvs(response.getKvsCount() - 1).getKey().concat(ByteString.copyFrom(new byte[1]));
    }

    @Override
    public CompletableFuture<Long> put(String key, ByteString value, long lease) {
        return call(
                KVGrpc.getPutMethod(),
                putRequest(key, value, lease),
                PutResponse::getHeader,
                response -> response.getHeader().getRevision());
    }

    private static PutRequest putRequest(String key, ByteString value, long lease) {
        return PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(value)
                .setLease(lease)
                .build();
    }

    @Override
    public CompletableFuture<Void> change(List<Change> changes) {
        TxnRequest.Builder request = TxnRequest.newBuilder();
        for (Change change : changes) {
            if (change.value() == null) {
                request.addSuccess(RequestOp.newBuilder()
                        .setRequestDeleteRange(
                                DeleteRangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(change.key()))));
            } else {
                request.addSuccess(
                        RequestOp.newBuilder().setRequestPut(putRequest(change.key(), change.value(), change.lease())));
            }
        }
        return call(KVGrpc.getTxnMethod(), request.build(), TxnResponse::getHeader, response -> null);
    }

    @Override
    public CompletableFuture<Boolean> create(String key, ByteString value, long lease) {
        TxnRequest request = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setTarget(Compare.CompareTarget.VERSION)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setVersion(0))
                .addSuccess(RequestOp.newBuilder().setRequestPut(putRequest(key, value, lease)))
                .build();
        return call(KVGrpc.getTxnMethod(), request, TxnResponse::getHeader, TxnResponse::getSucceeded);
    }

    @Override
    public CompletableFuture<Boolean> replace(Pair read, ByteString value, long lease) {
        TxnRequest request = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(ByteString.copyFromUtf8(read.key()))
                        .setTarget(Compare.CompareTarget.MOD)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setModRevision(read.modRevision()))
                .addSuccess(RequestOp.newBuilder().setRequestPut(putRequest(read.key(), value, lease)))
                .build();
        return call(KVGrpc.getTxnMethod(), request, TxnResponse::getHeader, TxnResponse::getSucceeded);
    }

    @Override
    public CompletableFuture<Boolean> delete(String key) {
        return deleteRange(ByteString.copyFromUtf8(key), ByteString.EMPTY).thenApply(deleted -> deleted > 0);
    }

    @Override
    public CompletableFuture<Long> deletePrefix(String prefix) {
        return deleteRange(Prefix.start(prefix), Prefix.end(ByteString.copyFromUtf8(prefix)));
    }

    private CompletableFuture<Long> deleteRange(ByteString key, ByteString end) {
        DeleteRangeRequest request =
                DeleteRangeRequest.newBuilder().setKey(key).setRangeEnd(end).build();
        return call(
                KVGrpc.getDeleteRangeMethod(),
                request,
                DeleteRangeResponse::getHeader,
                DeleteRangeResponse::getDeleted);
    }

    /** Adds a user without a password, who comes in with a certificate, and grants him a role; both may be there. */
    public CompletableFuture<Void> addUser(String user, String role) {
        AuthUserAddRequest add = AuthUserAddRequest.newBuilder()
                .setName(user)
                .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
                .build();
        AuthUserGrantRoleRequest grant = AuthUserGrantRoleRequest.newBuilder()
                .setUser(user)
                .setRole(role)
                .build();
        return done(
                        call(AuthGrpc.getUserAddMethod(), add, AuthUserAddResponse::getHeader, response -> null),
                        "etcdserver: user name already exists")
                .thenCompose(added -> call(
                        AuthGrpc.getUserGrantRoleMethod(),
                        grant,
                        AuthUserGrantRoleResponse::getHeader,
                        response -> null));
    }

    /** Takes a role from a user, who may not have it. */
    public CompletableFuture<Void> revokeRole(String user, String role) {
        AuthUserRevokeRoleRequest request = AuthUserRevokeRoleRequest.newBuilder()
                .setName(user)
                .setRole(role)
                .build();
        return done(
                call(
                        AuthGrpc.getUserRevokeRoleMethod(),
                        request,
                        AuthUserRevokeRoleResponse::getHeader,
                        response -> null),
                "etcdserver: role is not granted to the user");
    }

    /** Deletes a user, who may not be there. */
    public CompletableFuture<Void> deleteUser(String user) {
        AuthUserDeleteRequest request =
                AuthUserDeleteRequest.newBuilder().setName(user).build();
        return done(
                call(AuthGrpc.getUserDeleteMethod(), request, AuthUserDeleteResponse::getHeader, response -> null),
                "etcdserver: user name not found");
    }

    /** An answer that says that there is nothing to do is as good as one that says that it was done. */
    private static CompletableFuture<Void> done(CompletableFuture<Void> call, String nothingToDo) {
        return call.exceptionally(failure -> {
            if (nothingToDo.equals(Status.fromThrowable(failure).getDescription())) {
                return null;
            }
            throw failure instanceof CompletionException known ? known : new CompletionException(failure);
        });
    }

    @Override
    public CompletableFuture<Lease> grant(Duration ttl) {
        return leases.grant(ttl);
    }

    @Override
    public CompletableFuture<Lease> keepAlive(long id) {
        return leases.adopt(id, callTimeout);
    }

    /**
     * How long a lease runs.
     *
     * @param granted how long it lives without being kept alive
     * @param left how long it still lives; the difference is the time since it was kept alive
     */
    public record Term(Duration granted, Duration left) {}

    /** The term of a lease; empty if there is no such lease. */
    public CompletableFuture<Optional<Term>> term(long lease) {
        LeaseTimeToLiveRequest request =
                LeaseTimeToLiveRequest.newBuilder().setID(lease).build();
        return call(
                LeaseGrpc.getLeaseTimeToLiveMethod(),
                request,
                LeaseTimeToLiveResponse::getHeader,
                response -> response.getTTL() < 0
                        ? Optional.empty()
                        : Optional.of(new Term(
                                Duration.ofSeconds(response.getGrantedTTL()), Duration.ofSeconds(response.getTTL()))));
    }

    @Override
    public Follow follow(String prefix, Follower follower) {
        Following following = new Following(this, watches, prefix, follower);
        following.begin();
        return following;
    }

    @Override
    public long clusterId() {
        return clusterId;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            loop.execute(() -> {
                leases.close();
                watches.close();
                release.run();
            });
        }
    }
}
