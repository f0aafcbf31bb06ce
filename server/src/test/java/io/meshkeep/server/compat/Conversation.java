package io.meshkeep.server.compat;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A bidirectional stream: sends requests, and hands out the responses in the order in which they came. */
class Conversation<Q, R> implements AutoCloseable {
    /** What came from the server: a response, or the end. */
    private record Arrival<R>(R response, Status end) {}

    private final BlockingQueue<Arrival<R>> arrivals = new LinkedBlockingQueue<>();
    private final StreamObserver<Q> requests;

    Conversation(Function<StreamObserver<R>, StreamObserver<Q>> call) {
        requests = call.apply(new StreamObserver<>() {
            @Override
            public void onNext(R response) {
                arrivals.add(new Arrival<>(response, null));
            }

            @Override
            public void onError(Throwable error) {
                arrivals.add(new Arrival<>(null, Status.fromThrowable(error)));
            }

            @Override
            public void onCompleted() {
                arrivals.add(new Arrival<>(null, Status.OK));
            }
        });
    }

    void send(Q request) {
        requests.onNext(request);
    }

    /** Says that no more requests will come. */
    void halfClose() {
        requests.onCompleted();
    }

    /** The next response; waits for it. */
    R next() {
        Arrival<R> arrival = await();
        if (arrival.response == null) {
            throw new AssertionError("the stream has ended: " + arrival.end);
        }
        return arrival.response;
    }

    /** The next responses; waits for them. */
    List<R> next(int number) {
        List<R> responses = new ArrayList<>();
        while (responses.size() < number) {
            responses.add(next());
        }
        return responses;
    }

    /** How the stream has ended; waits for it. */
    Status end() {
        Arrival<R> arrival = await();
        if (arrival.end == null) {
            throw new AssertionError("the stream goes on: " + arrival.response);
        }
        return arrival.end;
    }

    private Arrival<R> await() {
        try {
            Arrival<R> arrival = arrivals.poll(RawClient.PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (arrival == null) {
                throw new AssertionError("nothing came within " + RawClient.PATIENCE_SECONDS + " s");
            }
            return arrival;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Cancels the stream. */
    @Override
    public void close() {
        requests.onError(Status.CANCELLED.asRuntimeException());
    }
}
