package io.meshkeep.server.rpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.meshkeep.server.auth.CallCredentials;
import io.meshkeep.server.metrics.MethodMetrics;
import io.meshkeep.server.metrics.ServerMetrics;
import java.util.function.Function;

/** A method with a stream of requests and a stream of answers. */
final class StreamHandler<Q> implements ServerCallHandler<Incoming<Q>, Encoded> {
    /** What happens on one stream. Called on the transport's thread: must not block. */
    interface Session<Q> {
        /** A request. The next one comes after {@link StreamReply#requestNext}. */
        void request(Q request);

        /** The transport has room for answers again. */
        default void ready() {}

        /** The client has no more requests. */
        default void halfClosed() {}

        /** The stream is over. */
        default void ended() {}
    }

    private final Function<StreamReply, Session<Q>> opener;
    private final MethodMetrics method;
    private final ServerMetrics metrics;
    private final OpenStreams openStreams;
    private final UnreadBytes unread;
    private final CallCredentials credentials;

    StreamHandler(
            Function<StreamReply, Session<Q>> opener,
            MethodMetrics method,
            ServerMetrics metrics,
            OpenStreams openStreams,
            UnreadBytes unread,
            CallCredentials credentials) {
        this.credentials = credentials;
        this.opener = opener;
        this.method = method;
        this.metrics = metrics;
        this.openStreams = openStreams;
        this.unread = unread;
    }

    @Override
    public ServerCall.Listener<Incoming<Q>> startCall(ServerCall<Incoming<Q>, Encoded> call, Metadata headers) {
        CallMeter meter = new CallMeter(method, metrics);
        StreamReply reply = new StreamReply(call, meter, unread, credentials.of(headers, call.getAttributes()));
        CallMetadata metadata = CallMetadata.of(headers);
        if (metadata.refusal() != null) {
            reply.close(metadata.refusal());
            return new ServerCall.Listener<Incoming<Q>>() {};
        }
        metrics.streamRequest(metadata.clientApiVersion());
        Session<Q> session = opener.apply(reply);
        reply.onRoom(session::ready);
        reply.start();
        openStreams.add(reply);
        return new ServerCall.Listener<Incoming<Q>>() {
            @Override
            public void onMessage(Incoming<Q> request) {
                meter.received(request.bytes());
                if (request.refusal() == null) {
                    session.request(request.message());
                } else {
                    session.ended();
                    reply.close(request.refusal());
                }
            }

            @Override
            public void onReady() {
                reply.ready();
                session.ready();
            }

            @Override
            public void onHalfClose() {
                session.halfClosed();
            }

            @Override
            public void onCancel() {
                end();
            }

            @Override
            public void onComplete() {
                end();
            }

            private void end() {
                openStreams.remove(reply);
                session.ended();
                reply.ended();
            }
        };
    }
}
