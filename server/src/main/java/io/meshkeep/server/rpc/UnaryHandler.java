package io.meshkeep.server.rpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.meshkeep.server.auth.CallCredentials;
import io.meshkeep.server.metrics.MethodMetrics;
import io.meshkeep.server.metrics.ServerMetrics;
import java.util.function.BiConsumer;

/**
 * A unary method. The handler runs on the transport's thread and must not block: it answers at once or hands the reply
 * on.
 */
final class UnaryHandler<Q> implements ServerCallHandler<Incoming<Q>, Encoded> {
    private final BiConsumer<Q, Reply> handler;
    private final MethodMetrics method;
    private final ServerMetrics metrics;
    private final CallCredentials credentials;

    UnaryHandler(
            BiConsumer<Q, Reply> handler, MethodMetrics method, ServerMetrics metrics, CallCredentials credentials) {
        this.credentials = credentials;
        this.handler = handler;
        this.method = method;
        this.metrics = metrics;
    }

    @Override
    public ServerCall.Listener<Incoming<Q>> startCall(ServerCall<Incoming<Q>, Encoded> call, Metadata headers) {
        CallMeter meter = new CallMeter(method, metrics);
        Reply reply = new Reply(call, meter, credentials.of(headers, call.getAttributes()));
        CallMetadata metadata = CallMetadata.of(headers);
        Status refusal = metadata.refusal();
        if (refusal == null) {
            metrics.unaryRequest(metadata.clientApiVersion());
        }
        // two, so that a client that sends a second request is noticed
        call.request(2);
        return new ServerCall.Listener<Incoming<Q>>() {
            private Incoming<Q> request;
            private boolean refused = refusal != null;

            @Override
            public void onMessage(Incoming<Q> message) {
                meter.received(message.bytes());
                if (request != null) {
                    refused = true;
                    reply.fail(Status.INTERNAL.withDescription("a unary call has one request"));
                }
                request = message;
            }

            @Override
            public void onHalfClose() {
                if (refusal != null) {
                    reply.fail(refusal);
                } else if (request == null) {
                    reply.fail(Status.INTERNAL.withDescription("a unary call has one request"));
                } else if (request.refusal() != null) {
                    reply.fail(request.refusal());
                } else if (!refused) {
                    try {
                        handler.accept(request.message(), reply);
                    } catch (RuntimeException e) {
                        reply.fail(e);
                    }
                }
            }

            @Override
            public void onCancel() {
                reply.ended();
            }

            @Override
            public void onComplete() {
                reply.ended();
            }
        };
    }
}
