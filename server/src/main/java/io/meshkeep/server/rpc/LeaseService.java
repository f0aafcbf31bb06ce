package io.meshkeep.server.rpc;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ServerServiceDefinition;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrantResponse;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.LeaseLeasesRequest;
import io.meshkeep.proto.LeaseLeasesResponse;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.proto.LeaseRevokeResponse;
import io.meshkeep.proto.LeaseStatus;
import io.meshkeep.proto.LeaseTimeToLiveRequest;
import io.meshkeep.proto.LeaseTimeToLiveResponse;
import io.meshkeep.server.metrics.LeaseMetrics;
import io.meshkeep.store.Caller;
import io.meshkeep.store.Command;
import io.meshkeep.store.EtcdError;
import io.meshkeep.store.EtcdException;
import io.meshkeep.store.LeaseClock;
import io.meshkeep.store.Result;
import io.meshkeep.store.Snapshot;
import io.meshkeep.store.Store;

/** {@code etcdserverpb.Lease}. */
final class LeaseService {
    /** Longest TTL in seconds; etcd's bound. */
    private static final long MAX_TTL = 9_000_000_000L;

    /** Memory that a small command holds while it waits, in bytes; nearly. */
    private static final int COMMAND_BYTES = 64;

    /**
     * Leases beyond which users without the role root get no more: everybody may have them, without a right to change
     * anything, and as many as fill the memory would stop all writes.
     */
    private static final long MAX_LEASES = Runtime.getRuntime().maxMemory() >> 12;

    private final Store store;
    private final Headers headers;
    private final SlowCalls slowCalls;
    private final LeaseMetrics metrics;
    private final long minTtl;

    /** @param minTtl shortest TTL in seconds; shorter ones are raised to it */
    LeaseService(Store store, Headers headers, SlowCalls slowCalls, LeaseMetrics metrics, long minTtl) {
        this.store = store;
        this.headers = headers;
        this.slowCalls = slowCalls;
        this.metrics = metrics;
        this.minTtl = minTtl;
    }

    ServerServiceDefinition bind(ServiceBinder binder) {
        return binder
                .service(LeaseGrpc.getServiceDescriptor())
                .unary(LeaseGrpc.getLeaseGrantMethod(), this::grant)
                .unary(LeaseGrpc.getLeaseRevokeMethod(), this::revoke)
                .stream(LeaseGrpc.getLeaseKeepAliveMethod(), this::keepAlive)
                .unary(LeaseGrpc.getLeaseTimeToLiveMethod(), this::timeToLive)
                .unary(LeaseGrpc.getLeaseLeasesMethod(), this::leases)
                .build();
    }

    private void grant(LeaseGrantRequest request, Reply reply) {
        Snapshot now = store.snapshot();
        Caller caller = reply.credentials().resolve(now.auth());
        now.auth().requireCredentials(caller);
        if (now.leaseCount() >= MAX_LEASES && !now.auth().isRoot(caller)) {
            throw EtcdError.TOO_MANY_REQUESTS.exception();
        }
        if (request.getTTL() > MAX_TTL) {
            throw EtcdError.LEASE_TTL_TOO_LARGE.exception();
        }
        long id = request.getID() == 0 ? store.newLeaseId() : request.getID();
        long ttl = Math.max(minTtl, request.getTTL());
        store.write(new Command.LeaseGrant(id, ttl), reply.credentials(), COMMAND_BYTES, (result, error) -> {
            if (error != null) {
                reply.fail(error);
                return;
            }
            Result.LeaseGrant grant = (Result.LeaseGrant) result;
            metrics.granted(grant.ttl());
            reply.send(Encoded.of(LeaseGrantResponse.newBuilder()
                    .setHeader(headers.at(grant.revision()))
                    .setID(grant.id())
                    .setTTL(grant.ttl())
                    .build()));
        });
    }

    private void revoke(LeaseRevokeRequest request, Reply reply) {
        store.write(new Command.LeaseRevoke(request.getID()), reply.credentials(), COMMAND_BYTES, (result, error) -> {
            if (error != null) {
                reply.fail(error);
            } else {
                metrics.revoked().increment();
                reply.send(Encoded.of(LeaseRevokeResponse.newBuilder()
                        .setHeader(headers.at(result.revision()))
                        .build()));
            }
        });
    }

    private void timeToLive(LeaseTimeToLiveRequest request, Reply reply) {
        slowCalls.read(reply, first -> {
            Snapshot snapshot = store.snapshot();
            Caller caller = reply.credentials().resolve(snapshot.auth());
            snapshot.auth().requireCredentials(caller);
            if (request.getKeys()) {
                snapshot.requireLeaseRead(caller, request.getID());
            }
            LeaseClock.Remaining remaining = store.leases().remaining(request.getID());
            LeaseTimeToLiveResponse.Builder response = LeaseTimeToLiveResponse.newBuilder()
                    .setHeader(headers.at(snapshot.revision()))
                    .setID(request.getID());
            if (remaining == null) {
                response.setTTL(-1);
            } else {
                response.setTTL(remaining.seconds()).setGrantedTTL(remaining.granted());
                if (request.getKeys()) {
                    snapshot.leaseKeys(request.getID())
                            .forEach(key -> response.addKeys(UnsafeByteOperations.unsafeWrap(key)));
                }
            }
            return Encoded.of(response.build());
        });
    }

    private void leases(LeaseLeasesRequest request, Reply reply) {
        slowCalls.read(reply, first -> {
            Snapshot snapshot = store.snapshot();
            Caller caller = reply.credentials().resolve(snapshot.auth());
            snapshot.auth().requireCredentials(caller);
            snapshot.requireAllLeasesRead(caller);
            LeaseLeasesResponse.Builder response =
                    LeaseLeasesResponse.newBuilder().setHeader(headers.at(snapshot.revision()));
            for (long id : store.leases().byDeadline()) {
                response.addLeases(LeaseStatus.newBuilder().setID(id));
            }
            return Encoded.of(response.build());
        });
    }

    /** One answer per request, in order: the next request is taken when the last one was answered. */
    private StreamHandler.Session<LeaseKeepAliveRequest> keepAlive(StreamReply reply) {
        return new StreamHandler.Session<>() {
            @Override
            public void request(LeaseKeepAliveRequest request) {
                reply.answering();
                long id = request.getID();
                // etcd fills the header before it renews
                Snapshot snapshot = store.snapshot();
                long revision = snapshot.revision();
                try {
                    Caller caller = reply.credentials().resolve(snapshot.auth());
                    snapshot.auth().requireCredentials(caller);
                    snapshot.requireLeaseWrite(caller, id);
                } catch (EtcdException refused) {
                    // as in etcd this ends the stream, for all its leases
                    reply.close(Statuses.of(refused.error()));
                    return;
                }
                store.leases().keepAlive(id, ttl -> {
                    if (ttl > 0) {
                        metrics.renewed().increment();
                    }
                    reply.send(Encoded.of(LeaseKeepAliveResponse.newBuilder()
                            .setHeader(headers.at(revision))
                            .setID(id)
                            .setTTL(ttl)
                            .build()));
                    reply.requestNext();
                });
            }

            @Override
            public void halfClosed() {
                reply.halfClosed();
            }
        };
    }
}
