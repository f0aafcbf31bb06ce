package io.meshkeep.loadtest.load;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.loadtest.client.EtcdClient;
import java.util.concurrent.CompletableFuture;
import org.HdrHistogram.Histogram;

/**
 * A fixed number of callers, each of which makes its next call when it has the answer to its last one. This finds the
 * most that a server does for so many clients; the latencies say what these callers saw, and nothing of clients that come
 * by the clock (see {@link OpenLoop}).
 *
 * @param <R> the form of the answers
 */
public final class ClosedLoop<R> implements Load {
    private final EtcdClient client;
    private final Operation<R> operation;
    private final int callers;
    private final long limit;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private Recorder recorder;
    private long begun;
    private int active;
    private boolean stopping;

    /** A load that goes on until it is stopped. */
    public ClosedLoop(EtcdClient client, Operation<R> operation, int callers) {
        this(client, operation, callers, Long.MAX_VALUE);
    }

    private ClosedLoop(EtcdClient client, Operation<R> operation, int callers, long limit) {
        this.client = client;
        this.operation = operation;
        this.callers = callers;
        this.limit = limit;
    }

    /**
     * Makes a number of calls and waits for their end. Not on the event loop.
     *
     * @return the latencies, in nanoseconds
     */
    public static Histogram run(EtcdClient client, Operation<?> operation, int callers, long calls) {
        ClosedLoop<?> loop = new ClosedLoop<>(client, operation, callers, calls);
        Recorder recorder = new Recorder(loop.ended::completeExceptionally);
        client.loop().execute(() -> loop.start(recorder));
        loop.ended.join();
        return recorder.takeLatency();
    }

    @Override
    public void start(Recorder to) {
        recorder = to;
        active = callers;
        for (int i = 0; i < callers; i++) {
            new Caller(i % client.connections()).next();
        }
    }

    @Override
    public CompletableFuture<Void> stop() {
        stopping = true;
        return ended;
    }

    private final class Caller extends ClientCall.Listener<R> {
        private final int connection;
        private long begin;
        private R answer;

        Caller(int connection) {
            this.connection = connection;
        }

        void next() {
            if (stopping || begun == limit) {
                active--;
                if (active == 0) {
                    ended.complete(null);
                }
                return;
            }
            begun++;
            byte[] request = operation.request();
            begin = System.nanoTime();
            client.call(connection, operation.method(), request, this);
        }

        @Override
        public void onMessage(R message) {
            answer = message;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            long end = System.nanoTime();
            try {
                if (!status.isOk()) {
                    throw status.asRuntimeException();
                }
                operation.check(answer);
                answer = null;
            } catch (RuntimeException e) {
                stopping = true;
                recorder.fail(e);
                return;
            }
            recorder.record(begin, end);
            next();
        }
    }
}
