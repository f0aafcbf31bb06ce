package io.meshkeep.loadtest.fleet;

import com.google.protobuf.ByteString;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.client.Wire;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchRequest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What one Cilium agent holds for one other cluster: a connection with a lease that is kept alive and a stream with six
 * watches. Each prefix is listed first, in pages of 256 at the revision of the first page, and watched from the revision
 * after it; watches are created one after the other. After its connection was lost it does not list again, but goes on
 * where it was, as etcd's client library does. Confined to the client's event loop.
 */
final class Agent {
    static final int WATCHES = 6;

    /** The watch on the heartbeat, which is the only one whose keys are not of one cluster. */
    static final int HEARTBEAT = 0;

    private static final int PAGE = 256;
    private static final long LEASE_SECONDS = 900;
    private static final long RETRY_MILLIS = 50;

    /** What an etcd under more load than it bears says: it has lost the leadership that it holds alone, or is behind. */
    private static final Set<String> OVERLOADED = Set.of("not a primary lessor", "etcdserver: too many requests");

    private static final int ID_IN_GRANT = 2;
    private static final int TTL_IN_KEEPALIVE = 3;

    /** Is told on the event loop. */
    interface Observer {
        /** All watches are there, the lease is alive, and what was missed has come. */
        void ready(Agent agent, long nanos);

        /** Something has changed; not called for the same change twice. */
        void event(Agent agent, int watch, long revision, long now);

        /** The connection failed and is tried again. */
        void retried();

        /** The server did something wrong. */
        void failed(Throwable cause);
    }

    private final int connection;
    private final int cluster;
    private final List<KeyPrefix> prefixes;
    private final Observer observer;
    private final long[] next = new long[WATCHES];
    private long seen;
    private long awaited;
    private Session session;

    Agent(int connection, int cluster, String clusterName, Observer observer) {
        this.connection = connection;
        this.cluster = cluster;
        this.observer = observer;
        prefixes = List.of(
                KeyPrefix.of("cilium/.heartbeat"),
                KeyPrefix.of("cilium/synced/" + clusterName + "/"),
                KeyPrefix.of("cilium/cache/nodes/v1/" + clusterName + "/"),
                KeyPrefix.of("cilium/cache/services/v1/" + clusterName + "/"),
                KeyPrefix.of("cilium/cache/identities/v1/" + clusterName + "/"),
                KeyPrefix.of("cilium/cache/ip/v1/" + clusterName + "/"));
    }

    int cluster() {
        return cluster;
    }

    /**
     * Connects.
     *
     * @param changes of its cluster that it has not seen and is to have seen before it is ready
     */
    void connect(EtcdClient client, long changes) {
        awaited = seen + changes;
        session = new Session(client, System.nanoTime());
        session.open();
    }

    /** Forgets its connection, which the client is about to close. */
    void disconnect() {
        session = null;
    }

    private final class Session {
        private final EtcdClient client;
        private final long begun;
        private final Deque<Integer> toCreate = new ArrayDeque<>();
        private ClientCall<byte[], byte[]> watches;
        private boolean creating;
        private int created;
        private boolean leaseLives;
        private boolean ready;

        Session(EtcdClient client, long begun) {
            this.client = client;
            this.begun = begun;
        }

        boolean over() {
            return session != this;
        }

        void open() {
            watches = client.open(connection, Rpcs.WATCH, new Watches());
            if (over()) {
                // A connection that is known to be down refuses the call before it is open.
                return;
            }
            for (int watch = 0; watch < WATCHES; watch++) {
                if (next[watch] == 0) {
                    new Pages(watch).get(prefixes.get(watch).start());
                } else {
                    toCreate.add(watch);
                }
            }
            createNext();
            byte[] grant =
                    LeaseGrantRequest.newBuilder().setTTL(LEASE_SECONDS).build().toByteArray();
            client.call(connection, Rpcs.LEASE_GRANT, grant, new Grant());
        }

        private void createNext() {
            if (over() || creating || toCreate.isEmpty()) {
                return;
            }
            creating = true;
            int watch = toCreate.remove();
            watches.sendMessage(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(prefixes.get(watch).start())
                            .setRangeEnd(prefixes.get(watch).end())
                            .setStartRevision(next[watch])
                            .setWatchId(watch + 1))
                    .build()
                    .toByteArray());
        }

        private void lookWhetherReady() {
            if (!ready && leaseLives && created == WATCHES && seen >= awaited) {
                ready = true;
                observer.ready(Agent.this, System.nanoTime() - begun);
            }
        }

        private void lost(Status status) {
            if (over()) {
                return;
            }
            if (passes(status)) {
                observer.retried();
                // The time that it takes to be ready runs on.
                Session again = new Session(client, begun);
                session = again;
                if (watches != null) {
                    watches.cancel("the connection is opened anew", null);
                }
                client.loop()
                        .schedule(
                                () -> {
                                    if (!again.over()) {
                                        again.open();
                                    }
                                },
                                RETRY_MILLIS,
                                TimeUnit.MILLISECONDS);
            } else {
                wrong(status.asRuntimeException());
            }
        }

        private static boolean passes(Status status) {
            return switch (status.getCode()) {
                case UNAVAILABLE, INTERNAL -> true;
                // not RESOURCE_EXHAUSTED, since both come out of etcd without a code
                case UNKNOWN -> status.getDescription() != null && OVERLOADED.contains(status.getDescription());
                default -> false;
            };
        }

        private void wrong(Throwable cause) {
            if (!over()) {
                session = null;
                observer.failed(cause);
            }
        }

        /** A listener whose bugs, and the server's, end the run. */
        private abstract class Answer extends ClientCall.Listener<byte[]> {
            abstract void take(byte[] message);

            @Override
            public void onMessage(byte[] message) {
                if (over()) {
                    return;
                }
                try {
                    take(message);
                } catch (RuntimeException e) {
                    wrong(e);
                }
            }
        }

        /** The list of one prefix. */
        private final class Pages extends Answer {
            private final int watch;
            private long revision;
            private byte[] page;

            Pages(int watch) {
                this.watch = watch;
            }

            void get(ByteString from) {
                byte[] request = RangeRequest.newBuilder()
                        .setKey(from)
                        .setRangeEnd(prefixes.get(watch).end())
                        .setLimit(PAGE)
                        .setRevision(revision)
                        .setSerializable(true)
                        .build()
                        .toByteArray();
                client.call(connection, Rpcs.RANGE, request, this);
            }

            @Override
            void take(byte[] message) {
                page = message;
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                if (over()) {
                    return;
                }
                if (!status.isOk()) {
                    lost(status);
                    return;
                }
                try {
                    if (revision == 0) {
                        revision = Answers.revision(page);
                    }
                    Answers.Page answer = Answers.Page.of(page);
                    page = null;
                    if (answer.next() != null) {
                        get(answer.next());
                    } else {
                        next[watch] = revision + 1;
                        toCreate.add(watch);
                        createNext();
                    }
                } catch (RuntimeException e) {
                    wrong(e);
                }
            }
        }

        private final class Grant extends Answer {
            private byte[] answer;

            @Override
            void take(byte[] message) {
                answer = message;
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                if (over()) {
                    return;
                }
                if (!status.isOk()) {
                    lost(status);
                    return;
                }
                long lease = Answers.number(answer, ID_IN_GRANT);
                KeepAlive stream = new KeepAlive(
                        LeaseKeepAliveRequest.newBuilder().setID(lease).build().toByteArray());
                stream.call = client.open(connection, Rpcs.KEEP_ALIVE, stream);
                stream.renew();
            }
        }

        private final class KeepAlive extends Answer {
            private final byte[] request;
            private ClientCall<byte[], byte[]> call;

            KeepAlive(byte[] request) {
                this.request = request;
            }

            void renew() {
                if (!over()) {
                    call.sendMessage(request);
                    client.loop().schedule(this::renew, LEASE_SECONDS / 3, TimeUnit.SECONDS);
                }
            }

            @Override
            void take(byte[] message) {
                if (Answers.number(message, TTL_IN_KEEPALIVE) <= 0) {
                    throw new IllegalStateException("the lease of an agent is gone");
                }
                leaseLives = true;
                lookWhetherReady();
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                lost(status.isOk() ? Status.UNAVAILABLE : status);
            }
        }

        private final class Watches extends Answer {
            private static final int WATCH_ID = 2;
            private static final int CREATED = 3;
            private static final int CANCELED = 4;
            private static final int EVENTS = 11;
            private static final int KV_IN_EVENT = 2;
            private static final int MOD_REVISION_IN_KV = 3;

            @Override
            void take(byte[] message) {
                long now = System.nanoTime();
                int watch = -1;
                long least = 0;
                long last = 0;
                for (Wire field = Wire.of(message); field.next(); ) {
                    switch (field.number()) {
                        case WATCH_ID -> {
                            watch = (int) field.value() - 1;
                            least = next[watch];
                        }
                        case CREATED -> {
                            creating = false;
                            created++;
                        }
                        case CANCELED -> throw new IllegalStateException("a watch of an agent was cancelled");
                        case EVENTS -> {
                            long revision = revisionIn(field.message());
                            if (watch < 0 || revision < Math.max(least, last)) {
                                throw new IllegalStateException(
                                        "watch " + watch + " was told of revision " + revision + " twice");
                            }
                            last = revision;
                            next[watch] = revision + 1;
                            if (watch != HEARTBEAT) {
                                seen++;
                            }
                            observer.event(Agent.this, watch, revision, now);
                        }
                        default -> {}
                    }
                }
                createNext();
                lookWhetherReady();
            }

            private long revisionIn(Wire event) {
                while (event.next()) {
                    if (event.number() == KV_IN_EVENT) {
                        for (Wire kv = event.message(); kv.next(); ) {
                            if (kv.number() == MOD_REVISION_IN_KV) {
                                return kv.value();
                            }
                        }
                    }
                }
                throw new IllegalStateException("an event has no revision");
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                lost(status.isOk() ? Status.UNAVAILABLE : status);
            }
        }
    }
}
