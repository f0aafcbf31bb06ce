package io.meshkeep.server.abuse;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A stream, and what comes back on it: bodies, and the status at its end. */
final class RawStream {
    private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
    private final ClientCallStreamObserver<byte[]> requests;

    RawStream(ManagedChannel channel, MethodDescriptor<?, ?> method) {
        requests = (ClientCallStreamObserver<byte[]>) ClientCalls.asyncBidiStreamingCall(
                channel.newCall(RawCalls.method(method), CallOptions.DEFAULT), new StreamObserver<byte[]>() {
                    @Override
                    public void onNext(byte[] body) {
                        received.add(body);
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
    }

    void send(byte[] body) {
        requests.onNext(body);
    }

    /** What comes next; null if nothing comes. */
    Object next() throws InterruptedException {
        return received.poll(60, TimeUnit.SECONDS);
    }

    void cancel() {
        requests.cancel("enough", null);
    }
}
