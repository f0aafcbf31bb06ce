package io.meshkeep.server.differential;

import com.google.protobuf.BytesValue;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.meshkeep.proto.AuthenticateRequest;
import io.meshkeep.proto.AuthenticateResponse;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrantResponse;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.proto.LeaseTimeToLiveRequest;
import io.meshkeep.proto.LeaseTimeToLiveResponse;
import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.proto.StatusRequest;
import io.meshkeep.proto.WatchResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A client of one server that performs ops one after the other. Answers that may or may not come (to a cancel, to a
 * progress request, watched events) are awaited as the caller says, since silence takes forever to prove. Not
 * thread-safe.
 */
final class Session implements AutoCloseable {
    /** How long any server may take for one call. */
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(20);

    /** The longest TTL (seconds) that a server may grant to a lease for which the least was asked. */
    private static final long SHORT_TTL = 10;

    private static final Duration EXPIRY_POLL = Duration.ofMillis(50);

    private final SystemUnderTest server;
    private final Duration patience;
    private final Identities identities = new Identities();
    private final TreeMap<Integer, WatchStream> streams = new TreeMap<>();
    private final LeaseTimes leaseTimes = new LeaseTimes();
    private final Map<Long, Long> shortLeases = new HashMap<>();
    private long revision;
    private ManagedChannel channel;
    private KeepAliveStream keepAlive;

    /**
     * @param patience how long to wait for what a watch should see
     */
    Session(SystemUnderTest server, Duration patience) {
        this.server = server;
        this.patience = patience;
        connect();
    }

    private void connect() {
        channel = NettyChannelBuilder.forTarget(server.target())
                .usePlaintext()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .directExecutor()
                .build();
        // The first response tells who answers, which later requests may have to name.
        call(Op.Call.of(Rpc.STATUS, StatusRequest.getDefaultInstance()));
    }

    SystemUnderTest server() {
        return server;
    }

    Answer call(Op.Call op) {
        Channel with = with(op.headers());
        long sent = System.nanoTime();
        Answer answer;
        try {
            Message response =
                    ClientCalls.blockingUnaryCall(with, op.rpc().method(), options(), identities.outward(op.request()));
            if (response instanceof LeaseGrantResponse granted) {
                granted((LeaseGrantRequest) op.request(), granted, sent);
            } else if (response instanceof LeaseTimeToLiveResponse timeToLive) {
                response = leaseTimes.judge(timeToLive, sent, System.nanoTime());
            } else if (response instanceof AuthenticateResponse authenticated) {
                response = identities.authenticated((AuthenticateRequest) op.request(), authenticated);
            }
            revision = Math.max(revision, revisionOf(response));
            answer = Answer.Reply.of(identities.inward(response));
        } catch (StatusRuntimeException e) {
            answer = Answer.Failure.of(e.getStatus());
        }
        checkShortLeases();
        if (op.request() instanceof LeaseRevokeRequest request) {
            shortLeases.remove(identities.lease(request.getID()));
        }
        return answer;
    }

    private Channel with(Headers headers) {
        return headers.headers().isEmpty()
                ? channel
                : ClientInterceptors.intercept(
                        channel,
                        MetadataUtils.newAttachHeadersInterceptor(
                                identities.outward(headers).toMetadata()));
    }

    Answer keepAliveOnce(Op.KeepAliveOnce op) {
        KeepAliveStream stream = new KeepAliveStream(with(op.headers()));
        long lease = identities.lease(op.lease());
        long sent = System.nanoTime();
        Object answer = stream.keepAlive(lease, CALL_TIMEOUT);
        stream.close();
        if (answer instanceof Status status) {
            return Answer.Failure.of(status);
        }
        leaseTimes.renewed(lease, sent, System.nanoTime());
        return Answer.Reply.of(identities.inward((Message) answer));
    }

    Answer watchOnce(Op.WatchOnce op) {
        WatchStream stream = new WatchStream(with(op.headers()));
        try {
            return new Answer.Reply(stream.create(List.of(op.request()), CALL_TIMEOUT).stream()
                    .map(identities::inward)
                    .toList());
        } catch (WatchStream.EndedException e) {
            return Answer.Failure.of(e.status());
        } finally {
            stream.close();
        }
    }

    private void granted(LeaseGrantRequest request, LeaseGrantResponse response, long sent) {
        identities.granted(request, response);
        leaseTimes.renewed(response.getID(), sent, System.nanoTime());
        if (response.getTTL() <= SHORT_TTL) {
            shortLeases.put(
                    response.getID(),
                    sent + TimeUnit.SECONDS.toNanos(response.getTTL()) - TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    Answer rawCall(Op.RawCall op) {
        RawHttp2.Result result = RawHttp2.call(server.target(), op.method(), op.headers(), op.body());
        return result.status().isOk()
                ? Answer.Reply.of(BytesValue.of(result.body()))
                : Answer.Failure.of(result.status());
    }

    Answer keepAlive(Op.KeepAlive op) {
        if (keepAlive == null) {
            keepAlive = new KeepAliveStream(channel);
        }
        long lease = identities.lease(op.lease());
        long sent = System.nanoTime();
        Object answer = keepAlive.keepAlive(lease, CALL_TIMEOUT);
        checkShortLeases();
        leaseTimes.renewed(lease, sent, System.nanoTime());
        if (answer instanceof Status status) {
            keepAlive.close();
            keepAlive = null;
            return Answer.Failure.of(status);
        }
        return Answer.Reply.of(identities.inward((Message) answer));
    }

    Answer watchCreate(Op.WatchCreate op) {
        return onStream(op.stream(), s -> s.create(op.requests(), CALL_TIMEOUT));
    }

    Answer watchCancel(Op.WatchCancel op, boolean answered) {
        return onStream(op.stream(), s -> s.cancel(op.watchId(), answered, patience));
    }

    Answer watchProgress(int stream, boolean answered) {
        return onStream(stream, s -> s.progress(answered, revision, patience));
    }

    Answer watchUnset(Op.WatchUnset op) {
        return onStream(op.stream(), s -> {
            s.unset();
            return List.of();
        });
    }

    Answer watchHalfClose(Op.WatchHalfClose op) {
        return onStream(op.stream(), s -> {
            s.halfClose();
            return List.of();
        });
    }

    Answer watchClose(Op.WatchClose op) {
        WatchStream stream = streams.remove(op.stream());
        if (stream != null) {
            stream.close();
        }
        return Answer.NOTHING;
    }

    private interface StreamAction {
        List<WatchResponse> perform(WatchStream stream) throws WatchStream.EndedException;
    }

    private Answer onStream(int number, StreamAction action) {
        WatchStream stream = streams.computeIfAbsent(number, n -> new WatchStream(channel));
        try {
            return new Answer.Reply(
                    action.perform(stream).stream().map(identities::inward).toList());
        } catch (WatchStream.EndedException e) {
            streams.remove(number);
            stream.close();
            return Answer.Failure.of(e.status());
        }
    }

    /** Waits until a watch has at least that many sights that have not been taken, or time is up. */
    boolean awaitSights(int stream, long watchId, int count) {
        WatchStream watched = streams.get(stream);
        return watched != null && watched.await(() -> watched.seen(watchId) >= count || watched.ended(), patience);
    }

    /** How many sights of the watch have not been taken yet. */
    int sights(int stream, long watchId) {
        WatchStream watched = streams.get(stream);
        return watched == null ? 0 : watched.seen(watchId);
    }

    /** Takes what every watch has seen since the last time. */
    Answer.Seen takeSights() {
        List<Answer.Track> tracks = new ArrayList<>();
        streams.forEach((number, stream) -> stream.take()
                .forEach((id, sights) -> tracks.add(new Answer.Track(
                        number, id, sights.stream().map(this::inward).toList()))));
        return new Answer.Seen(tracks);
    }

    private Sight inward(Sight sight) {
        if (sight instanceof Sight.Happened happened) {
            return new Sight.Happened((Event) identities.inward(happened.event()));
        }
        if (sight instanceof Sight.Told told) {
            return new Sight.Told((WatchResponse) identities.inward(told.response()));
        }
        return sight;
    }

    /** A watch stream of its own, outside the sequence, on this session's connection. */
    WatchStream privateStream() {
        return new WatchStream(channel);
    }

    Identities identities() {
        return identities;
    }

    Answer awaitExpiry(Op.AwaitExpiry op) {
        Op.Call ask = Op.Call.of(
                Rpc.LEASE_TIME_TO_LIVE,
                LeaseTimeToLiveRequest.newBuilder()
                        .setID(op.lease())
                        .setKeys(true)
                        .build());
        long lease = identities.lease(op.lease());
        if (shortLeases.remove(lease) == null) {
            return call(ask);
        }
        long deadline = System.nanoTime() + CALL_TIMEOUT.toNanos();
        boolean attached = false;
        long attachedAt = 0;
        while (true) {
            Answer answer = call(ask);
            if (!(answer instanceof Answer.Reply reply)) {
                return answer;
            }
            LeaseTimeToLiveResponse response =
                    (LeaseTimeToLiveResponse) reply.messages().get(0);
            if (response.getKeysCount() > 0) {
                attached = true;
                attachedAt = response.getHeader().getRevision();
            }
            boolean gone = response.getTTL() == -1;
            boolean deleted = !attached || response.getHeader().getRevision() > attachedAt;
            if (gone && deleted || System.nanoTime() > deadline) {
                return answer;
            }
            LockSupport.parkNanos(EXPIRY_POLL.toNanos());
        }
    }

    Answer restart() {
        closeStreams();
        channel.shutdownNow();
        long stopped = System.nanoTime();
        server.restart();
        leaseTimes.restarted(stopped);
        connect();
        return Answer.NOTHING;
    }

    /** A short lease must not run out where the sequence does not say so. */
    private void checkShortLeases() {
        long now = System.nanoTime();
        shortLeases.forEach((id, deadline) -> {
            if (now - deadline > 0) {
                throw new InconclusiveException("a lease of the least TTL was not used in time");
            }
        });
    }

    private void closeStreams() {
        streams.values().forEach(WatchStream::close);
        streams.clear();
        if (keepAlive != null) {
            keepAlive.close();
            keepAlive = null;
        }
    }

    @Override
    public void close() {
        closeStreams();
        channel.shutdownNow();
    }

    /** The store's revision that a response tells of, 0 if none. */
    static long revisionOf(Message response) {
        FieldDescriptor header = response.getDescriptorForType().findFieldByName("header");
        return header == null ? 0 : ((ResponseHeader) response.getField(header)).getRevision();
    }

    private static CallOptions options() {
        return CallOptions.DEFAULT.withDeadlineAfter(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
