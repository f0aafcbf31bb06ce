package io.meshkeep.server.differential;

import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The keep-alive stream of a client, one request at a time. */
final class KeepAliveStream {
    private final Context.CancellableContext context = Context.current().withCancellation();
    private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
    private final StreamObserver<LeaseKeepAliveRequest> out;

    KeepAliveStream(Channel channel) {
        Context previous = context.attach();
        try {
            out = LeaseGrpc.newStub(channel).leaseKeepAlive(new StreamObserver<>() {
                @Override
                public void onNext(LeaseKeepAliveResponse response) {
                    received.add(response);
                }

                @Override
                public void onError(Throwable t) {
                    received.add(Status.fromThrowable(t));
                }

                @Override
                public void onCompleted() {
                    received.add(Status.OK);
                }
            });
        } finally {
            context.detach(previous);
        }
    }

    /** The response, or the status with which the stream ended; the stream must not be used after that. */
    Object keepAlive(long lease, Duration timeout) {
        out.onNext(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
        try {
            Object answer = received.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
            return answer == null ? Status.DEADLINE_EXCEEDED : answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a keep-alive", e);
        }
    }

    void close() {
        context.cancel(null);
    }
}
