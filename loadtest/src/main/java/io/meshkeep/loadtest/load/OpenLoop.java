package io.meshkeep.loadtest.load;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.loadtest.client.EtcdClient;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Calls at a fixed rate, whether or not earlier ones were answered. A latency is counted from the moment at which the
 * call was due, so a server that stalls is charged for all calls that were due meanwhile (no coordinated omission). What
 * is in flight is bounded: a call that is due while the bound is reached waits, and its time runs.
 *
 * @param <R> the form of the answers
 */
public final class OpenLoop<R> implements Load {
    private final EtcdClient client;
    private final Operation<R> operation;
    private final long perSecond;
    private final int mostInFlight;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private Recorder recorder;
    private Pace pace;
    private int inFlight;
    private int nextConnection;
    private boolean stopping;

    public OpenLoop(EtcdClient client, Operation<R> operation, long perSecond, int mostInFlight) {
        this.client = client;
        this.operation = operation;
        this.perSecond = perSecond;
        this.mostInFlight = mostInFlight;
    }

    @Override
    public void start(Recorder to) {
        recorder = to;
        pace = new Pace(System.nanoTime(), perSecond);
        wake();
    }

    @Override
    public CompletableFuture<Void> stop() {
        stopping = true;
        endIfIdle();
        return ended;
    }

    private void wake() {
        callWhatIsDue();
        if (!stopping) {
            long wait = Math.max(0, pace.due() - System.nanoTime());
            // While calls wait for room, the next answer sends them; the clock need not.
            client.loop().schedule(this::wake, Math.max(wait, room() ? 0 : 1_000_000), TimeUnit.NANOSECONDS);
        }
    }

    private boolean room() {
        return inFlight < mostInFlight;
    }

    private void callWhatIsDue() {
        while (!stopping && room() && pace.due() - System.nanoTime() <= 0) {
            long due = pace.due();
            pace.advance();
            inFlight++;
            nextConnection = (nextConnection + 1) % client.connections();
            client.call(nextConnection, operation.method(), operation.request(), new Call(due));
        }
    }

    private void endIfIdle() {
        if (stopping && inFlight == 0) {
            ended.complete(null);
        }
    }

    private final class Call extends ClientCall.Listener<R> {
        private final long due;
        private R answer;

        Call(long due) {
            this.due = due;
        }

        @Override
        public void onMessage(R message) {
            answer = message;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            long end = System.nanoTime();
            boolean wasFull = !room();
            inFlight--;
            try {
                if (!status.isOk()) {
                    throw status.asRuntimeException();
                }
                operation.check(answer);
            } catch (RuntimeException e) {
                stopping = true;
                recorder.fail(e);
                return;
            }
            recorder.record(due, end);
            if (wasFull) {
                callWhatIsDue();
            }
            endIfIdle();
        }
    }
}
