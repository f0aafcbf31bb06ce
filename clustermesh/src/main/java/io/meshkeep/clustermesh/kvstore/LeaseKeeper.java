package io.meshkeep.clustermesh.kvstore;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrantResponse;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The leases of one client, all kept alive over one stream. What is not said to be for any thread is for the loop. */
final class LeaseKeeper {
    private static final Logger log = LoggerFactory.getLogger(LeaseKeeper.class);

    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    /** Renewed so many times in a TTL, as etcd's own client does it. */
    private static final int RENEWALS = 3;

    private final ChannelKvstore kvstore;
    private final Map<Long, Kept> leases = new HashMap<>();
    private ClientCallStreamObserver<LeaseKeepAliveRequest> stream;
    private int failures;
    private boolean reopening;

    LeaseKeeper(ChannelKvstore kvstore) {
        this.kvstore = kvstore;
    }

    /** Grants a lease; from any thread. */
    CompletableFuture<Kvstore.Lease> grant(Duration ttl) {
        long asked = System.nanoTime();
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setTTL(ttl.toSeconds()).build();
        // the future completes on the loop
        return kvstore.call(LeaseGrpc.getLeaseGrantMethod(), request, LeaseGrantResponse::getHeader, response -> {
            if (!response.getError().isEmpty()) {
                throw Status.UNKNOWN.withDescription(response.getError()).asRuntimeException();
            }
            Kept lease = new Kept(response.getID());
            leases.put(lease.id, lease);
            lease.renewed(asked, response.getTTL());
            return lease;
        });
    }

    /** Keeps a lease alive that is there; from any thread. */
    CompletableFuture<Kvstore.Lease> adopt(long id, Duration timeout) {
        CompletableFuture<Kvstore.Lease> future = new CompletableFuture<>();
        kvstore.loop().execute(() -> {
            if (kvstore.isClosed()) {
                future.completeExceptionally(
                        Status.CANCELLED.withDescription("the client is closed").asRuntimeException());
                return;
            }
            Kept known = leases.get(id);
            if (known == null) {
                known = new Kept(id);
                leases.put(id, known);
                Kept waiting = known;
                KvstoreThreads.TIMER.schedule(
                        () -> kvstore.loop().execute(() -> waiting.unanswered()),
                        timeout.toMillis(),
                        TimeUnit.MILLISECONDS);
                send(known);
            }
            known.alive.whenComplete((lease, failure) -> {
                if (failure == null) {
                    future.complete(lease);
                } else {
                    future.completeExceptionally(failure);
                }
            });
        });
        return future;
    }

    /** The etcd that knew them is no more. */
    void allLost() {
        for (Kept lease : new ArrayList<>(leases.values())) {
            lease.lose("the etcd was replaced by another");
        }
    }

    void close() {
        for (Kept lease : new ArrayList<>(leases.values())) {
            lease.forget();
            lease.alive.completeExceptionally(
                    Status.CANCELLED.withDescription("the client is closed").asRuntimeException());
        }
        if (stream != null) {
            stream.cancel("the client is closed", null);
            stream = null;
        }
    }

    private void send(Kept lease) {
        if (stream == null) {
            if (!reopening) {
                open();
            }
            return; // a new stream begins with all leases
        }
        lease.asked = System.nanoTime();
        stream.onNext(LeaseKeepAliveRequest.newBuilder().setID(lease.id).build());
    }

    private void open() {
        Answers answers = new Answers();
        ClientCalls.asyncBidiStreamingCall(
                kvstore.streams().newCall(LeaseGrpc.getLeaseKeepAliveMethod(), kvstore.streamOptions()), answers);
        stream = answers.requests;
        for (Kept lease : new ArrayList<>(leases.values())) {
            send(lease);
        }
    }

    private void broken(Answers answers, Throwable cause) {
        if (stream != answers.requests || kvstore.isClosed()) {
            return;
        }
        stream = null;
        failures++;
        log.debug("the keepalive stream broke", cause);
        reopening = true;
        KvstoreThreads.TIMER.schedule(
                () -> kvstore.loop().execute(() -> {
                    reopening = false;
                    if (!kvstore.isClosed() && stream == null && !leases.isEmpty()) {
                        open();
                    }
                }),
                BACKOFF.millisAfter(failures),
                TimeUnit.MILLISECONDS);
    }

    private final class Answers implements ClientResponseObserver<LeaseKeepAliveRequest, LeaseKeepAliveResponse> {
        private ClientCallStreamObserver<LeaseKeepAliveRequest> requests;

        @Override
        public void beforeStart(ClientCallStreamObserver<LeaseKeepAliveRequest> requestStream) {
            requests = requestStream;
        }

        @Override
        public void onNext(LeaseKeepAliveResponse response) {
            if (stream != requests) {
                return;
            }
            failures = 0;
            kvstore.seen(response.getHeader());
            Kept lease = leases.get(response.getID());
            if (lease == null) {
                return;
            }
            if (response.getTTL() <= 0) {
                lease.lose("it is unknown to the etcd, or has run out");
            } else {
                lease.renewed(lease.asked, response.getTTL());
            }
        }

        @Override
        public void onError(Throwable cause) {
            broken(this, cause);
        }

        @Override
        public void onCompleted() {
            broken(
                    this,
                    Status.UNAVAILABLE
                            .withDescription("the server ended the stream")
                            .asException());
        }
    }

    private final class Kept implements Kvstore.Lease {
        private final long id;
        private final CompletableFuture<Void> lost = new CompletableFuture<>();
        /** Completes when the etcd has confirmed it for the first time. */
        private final CompletableFuture<Kvstore.Lease> alive = new CompletableFuture<>();

        private volatile long ttlSeconds;
        private long asked;
        private long deadline;
        private ScheduledFuture<?> next;

        Kept(long id) {
            this.id = id;
        }

        void renewed(long askedAt, long ttl) {
            ttlSeconds = ttl;
            deadline = askedAt + TimeUnit.SECONDS.toNanos(ttl);
            boolean first = next == null;
            if (first) {
                scheduleNext();
                alive.complete(this);
            }
        }

        private void scheduleNext() {
            long interval = Math.max(100, TimeUnit.SECONDS.toMillis(ttlSeconds) / RENEWALS);
            next = KvstoreThreads.TIMER.schedule(
                    () -> kvstore.loop().execute(this::renew), interval, TimeUnit.MILLISECONDS);
        }

        private void renew() {
            if (leases.get(id) != this) {
                return;
            }
            if (System.nanoTime() - deadline >= 0) {
                lose("nothing was heard of it for its TTL of " + ttlSeconds + " s");
                return;
            }
            send(this);
            scheduleNext();
        }

        void unanswered() {
            if (!alive.isDone()) {
                forget();
                alive.completeExceptionally(Status.DEADLINE_EXCEEDED
                        .withDescription("the lease was not confirmed in time")
                        .asRuntimeException());
            }
        }

        void lose(String why) {
            forget();
            if (alive.isDone()) {
                log.info("lease {} is lost: {}", Long.toHexString(id), why);
            }
            alive.completeExceptionally(Status.NOT_FOUND
                    .withDescription("etcdserver: requested lease not found")
                    .asRuntimeException());
            lost.complete(null);
        }

        void forget() {
            leases.remove(id, this);
            if (next != null) {
                next.cancel(false);
            }
        }

        @Override
        public long id() {
            return id;
        }

        @Override
        public Duration ttl() {
            return Duration.ofSeconds(ttlSeconds);
        }

        @Override
        public CompletableFuture<Void> lost() {
            return lost;
        }

        @Override
        public void close() {
            kvstore.loop().execute(this::forget);
        }
    }

    /** How many are kept; for tests. */
    List<Long> ids() {
        return new ArrayList<>(leases.keySet());
    }
}
