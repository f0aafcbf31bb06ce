package io.meshkeep.clustermesh.kvstoremesh;

import static java.util.concurrent.TimeUnit.SECONDS;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.MaintenanceGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.StatusRequest;
import io.meshkeep.proto.StatusResponse;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.TxnResponse;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.proto.WatchResponse;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Does with a store what the etcd client of a Cilium agent does, call by call, over one connection: leases with their
 * keepalives on one stream, lists in pages of 256 at one revision, watches created one after the other on one stream, the
 * lock of a quorum check, and the status of the endpoint over a connection of its own. It never connects anew: what it
 * has followed by then is what an agent had.
 */
final class ScriptedAgent implements AutoCloseable {
    private static final Metadata.Key<String> REQUIRE_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);
    private static final int PAGE = 256;
    private static final long LOCK_TTL = 25;
    private static final long TTL = 900;

    private final EtcdConfig config;
    private final ManagedChannel channel;
    private final Channel streams;
    private final KVGrpc.KVBlockingStub kv;
    private final StreamObserver<WatchRequest> watch;
    private final StreamObserver<LeaseKeepAliveRequest> keepAlive;
    private final BlockingQueue<LeaseKeepAliveResponse> kept = new LinkedBlockingQueue<>();

    private final Object lock = new Object();
    private final Queue<String> created = new ArrayDeque<>();
    private final Map<Long, String> prefixes = new HashMap<>();
    private final Map<String, Map<String, String>> followed = new HashMap<>();
    private final Map<String, Long> positions = new HashMap<>();
    private final Set<String> compacted = new HashSet<>();
    private long clusterId;
    private boolean mixed;
    private Throwable broken;

    private ScriptedAgent(EtcdConfig config) throws IOException {
        this.config = config;
        this.channel = connect();
        Metadata headers = new Metadata();
        headers.put(REQUIRE_LEADER, "true");
        this.streams = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
        this.kv = KVGrpc.newBlockingStub(channel).withWaitForReady();
        this.watch = WatchGrpc.newStub(streams).withWaitForReady().watch(new Watching());
        this.keepAlive = LeaseGrpc.newStub(streams).withWaitForReady().leaseKeepAlive(new Keeping());
    }

    static ScriptedAgent connect(EtcdConfig config) throws IOException {
        return new ScriptedAgent(config);
    }

    private ManagedChannel connect() throws IOException {
        EtcdConfig.Endpoint endpoint = config.endpoints().get(0);
        return NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
                .sslContext(GrpcSslContexts.forClient()
                        .trustManager(config.trustedCaFile().orElseThrow().toFile())
                        .keyManager(
                                config.certFile().orElseThrow().toFile(),
                                config.keyFile().orElseThrow().toFile())
                        .build())
                .keepAliveTime(15, SECONDS)
                .keepAliveTimeout(25, SECONDS)
                .build();
    }

    private KVGrpc.KVBlockingStub kv() {
        return kv.withDeadlineAfter(60, SECONDS);
    }

    private void seen(long id) {
        synchronized (lock) {
            mixed |= clusterId != 0 && id != clusterId;
            clusterId = id;
        }
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    private static ByteString end(String prefix) {
        int last = prefix.length() - 1;
        return bytes(prefix.substring(0, last) + (char) (prefix.charAt(last) + 1));
    }

    /** Lists a prefix, and follows it from there on. */
    void follow(String prefix) throws InterruptedException {
        Map<String, String> pairs = new TreeMap<>();
        long revision = 0;
        ByteString from = bytes(prefix);
        RangeResponse page;
        do {
            page = kv().range(RangeRequest.newBuilder()
                    .setKey(from)
                    .setRangeEnd(end(prefix))
                    .setLimit(PAGE)
                    .setRevision(revision)
                    .setSerializable(true)
                    .setSortTarget(RangeRequest.SortTarget.KEY)
                    .build());
            seen(page.getHeader().getClusterId());
            revision = revision == 0 ? page.getHeader().getRevision() : revision;
            for (KeyValue pair : page.getKvsList()) {
                pairs.put(pair.getKey().toStringUtf8(), pair.getValue().toStringUtf8());
                from = pair.getKey().concat(ByteString.copyFrom(new byte[1]));
            }
        } while (page.getMore());
        watch(prefix, pairs, revision);
    }

    /** Goes on with what a connection before this one has followed, as etcd's client does, whoever answers now. */
    void resume(ScriptedAgent before, String prefix) throws InterruptedException {
        long position;
        synchronized (before.lock) {
            position = before.positions.get(prefix);
        }
        watch(prefix, before.pairs(prefix), position);
    }

    /** Whether the store has said that it cannot go on from there, so that an agent lists anew. */
    boolean isCompacted(String prefix) {
        synchronized (lock) {
            return compacted.contains(prefix);
        }
    }

    private void watch(String prefix, Map<String, String> pairs, long revision) throws InterruptedException {
        synchronized (lock) {
            followed.put(prefix, pairs);
            positions.put(prefix, revision);
            created.add(prefix);
            watch.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(bytes(prefix))
                            .setRangeEnd(end(prefix))
                            .setStartRevision(revision + 1))
                    .build());
            while (created.contains(prefix) && broken == null) {
                SECONDS.timedWait(lock, 60);
            }
        }
    }

    /** What a followed prefix holds now. */
    Map<String, String> pairs(String prefix) {
        synchronized (lock) {
            return new TreeMap<>(followed.get(prefix));
        }
    }

    /** Whether the connection is of no use any more, so that an agent would begin anew. */
    boolean isBroken() {
        synchronized (lock) {
            return broken != null || mixed;
        }
    }

    private final class Watching implements StreamObserver<WatchResponse> {
        @Override
        public void onNext(WatchResponse response) {
            seen(response.getHeader().getClusterId());
            synchronized (lock) {
                if (response.getCanceled() && response.getCompactRevision() != 0) {
                    compacted.add(prefixes.remove(response.getWatchId()));
                } else if (response.getCanceled()) {
                    broken = new IllegalStateException("a watch was cancelled: " + response);
                } else if (response.getCreated()) {
                    prefixes.put(response.getWatchId(), created.remove());
                }
                for (Event event : response.getEventsList()) {
                    String prefix = prefixes.get(response.getWatchId());
                    Map<String, String> pairs = followed.get(prefix);
                    positions.put(prefix, event.getKv().getModRevision());
                    String key = event.getKv().getKey().toStringUtf8();
                    if (event.getType() == Event.EventType.DELETE) {
                        pairs.remove(key);
                    } else {
                        pairs.put(key, event.getKv().getValue().toStringUtf8());
                    }
                }
                lock.notifyAll();
            }
        }

        @Override
        public void onError(Throwable cause) {
            synchronized (lock) {
                broken = cause;
                lock.notifyAll();
            }
        }

        @Override
        public void onCompleted() {
            onError(new IllegalStateException("the watch stream has ended"));
        }
    }

    private final class Keeping implements StreamObserver<LeaseKeepAliveResponse> {
        @Override
        public void onNext(LeaseKeepAliveResponse response) {
            seen(response.getHeader().getClusterId());
            kept.add(response);
        }

        @Override
        public void onError(Throwable cause) {
            synchronized (lock) {
                broken = cause;
            }
        }

        @Override
        public void onCompleted() {}
    }

    /** Writes a key under a lease of its own, as an agent has it. */
    long putLeased(String key, String value) throws InterruptedException {
        long lease = grant(TTL);
        put(key, value, lease);
        return lease;
    }

    void put(String key, String value, long lease) {
        seen(kv().put(PutRequest.newBuilder()
                        .setKey(bytes(key))
                        .setValue(bytes(value))
                        .setLease(lease)
                        .build())
                .getHeader()
                .getClusterId());
    }

    private long grant(long ttl) throws InterruptedException {
        long lease = LeaseGrpc.newBlockingStub(streams)
                .withWaitForReady()
                .withDeadlineAfter(60, SECONDS)
                .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(ttl).build())
                .getID();
        synchronized (lock) {
            keepAlive.onNext(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
        }
        LeaseKeepAliveResponse answer = kept.poll(60, SECONDS);
        if (answer == null || answer.getID() != lease || answer.getTTL() != ttl) {
            throw new AssertionError("the first keepalive was answered with " + answer);
        }
        return lease;
    }

    /**
     * A full client's first check, with a key that the agent writes under its lease.
     *
     * @return the line that {@code cilium status} shows
     */
    String statusLine(String ownKey) throws IOException, InterruptedException {
        long lockLease = grant(LOCK_TTL);
        follow("cilium/.heartbeat");
        if (pairs("cilium/.heartbeat").isEmpty()) {
            throw new AssertionError("there is no heartbeat");
        }
        putLeased(ownKey, "{}");
        lockAndUnlock(lockLease);
        EtcdConfig.Endpoint endpoint = config.endpoints().get(0);
        ManagedChannel own = connect();
        try {
            StatusResponse status = MaintenanceGrpc.newBlockingStub(own)
                    .withWaitForReady()
                    .withDeadlineAfter(60, SECONDS)
                    .status(StatusRequest.getDefaultInstance());
            boolean leads = status.getHeader().getMemberId() == status.getLeader();
            return "etcd: 1/1 connected, leases=1, lock leases=1, has-quorum=true: " + endpoint + " - "
                    + status.getVersion() + (leads ? " (Leader)" : "");
        } finally {
            own.shutdownNow();
        }
    }

    /** As etcd's {@code concurrency.Mutex} does it when nobody else wants the lock. */
    private void lockAndUnlock(long lease) {
        String path = "cilium/.initlock/"
                + Long.toHexString(ThreadLocalRandom.current().nextLong()) + "/";
        ByteString key = bytes(path + Long.toHexString(lease));
        RequestOp owner = RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder()
                        .setKey(bytes(path))
                        .setRangeEnd(end(path))
                        .setSortOrder(RangeRequest.SortOrder.ASCEND)
                        .setSortTarget(RangeRequest.SortTarget.CREATE)
                        .setLimit(1))
                .build();
        TxnResponse acquired = kv().txn(TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(key)
                        .setTarget(Compare.CompareTarget.CREATE)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setCreateRevision(0))
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder().setKey(key).setLease(lease)))
                .addSuccess(owner)
                .addFailure(RequestOp.newBuilder()
                        .setRequestRange(RangeRequest.newBuilder().setKey(key)))
                .addFailure(owner)
                .build());
        KeyValue holder = acquired.getResponses(1).getResponseRange().getKvs(0);
        if (!acquired.getSucceeded()
                || !holder.getKey().equals(key)
                || holder.getCreateRevision() != acquired.getHeader().getRevision()) {
            throw new AssertionError("the lock was not acquired: " + acquired);
        }
        long deleted = kv().deleteRange(
                        DeleteRangeRequest.newBuilder().setKey(key).build())
                .getDeleted();
        if (deleted != 1) {
            throw new AssertionError("the lock was gone when it was to be released");
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
