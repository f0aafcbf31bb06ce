package io.meshkeep.clustermesh.kvstoremesh;

import com.google.protobuf.ByteString;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A client of which only so many calls are under way; others wait their turn, in order. How many wait is bounded by those
 * who ask: each store has a limit of its own. Leases and what is followed do not wait: a lease that is late is lost.
 * Thread-safe.
 */
final class InFlightKvstore implements Kvstore {
    private final Kvstore inner;
    private final int most;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int inFlight;
    private boolean begins;

    /** @param most at least 1 */
    InFlightKvstore(Kvstore inner, int most) {
        this.inner = inner;
        this.most = most;
    }

    private <T> CompletableFuture<T> inTurn(Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        synchronized (this) {
            waiting.add(() -> call.get().whenComplete((value, failure) -> {
                synchronized (this) {
                    inFlight--;
                }
                if (failure == null) {
                    result.complete(value);
                } else {
                    result.completeExceptionally(failure);
                }
                begin();
            }));
        }
        begin();
        return result;
    }

    /** Begins what may begin. One thread at a time does it, so that calls that end at once do not nest. */
    private void begin() {
        synchronized (this) {
            if (begins) {
                return;
            }
            begins = true;
        }
        while (true) {
            Runnable call;
            synchronized (this) {
                if (waiting.isEmpty() || inFlight >= most) {
                    begins = false;
                    return;
                }
                inFlight++;
                call = waiting.remove();
            }
            call.run();
        }
    }

    @Override
    public CompletableFuture<Optional<Pair>> get(String key) {
        return inTurn(() -> inner.get(key));
    }

    @Override
    public CompletableFuture<Listing> list(String prefix) {
        return inTurn(() -> inner.list(prefix));
    }

    @Override
    public CompletableFuture<Long> put(String key, ByteString value, long lease) {
        return inTurn(() -> inner.put(key, value, lease));
    }

    @Override
    public CompletableFuture<Void> change(List<Change> changes) {
        return inTurn(() -> inner.change(changes));
    }

    @Override
    public CompletableFuture<Boolean> create(String key, ByteString value, long lease) {
        return inTurn(() -> inner.create(key, value, lease));
    }

    @Override
    public CompletableFuture<Boolean> delete(String key) {
        return inTurn(() -> inner.delete(key));
    }

    @Override
    public CompletableFuture<Long> deletePrefix(String prefix) {
        return inTurn(() -> inner.deletePrefix(prefix));
    }

    @Override
    public CompletableFuture<Lease> grant(Duration ttl) {
        return inner.grant(ttl);
    }

    @Override
    public CompletableFuture<Lease> keepAlive(long id) {
        return inner.keepAlive(id);
    }

    @Override
    public Follow follow(String prefix, Follower follower) {
        return inner.follow(prefix, follower);
    }

    @Override
    public long clusterId() {
        return inner.clusterId();
    }

    /** What still waits is asked of the closed client when its turn comes, and so fails. */
    @Override
    public void close() {
        inner.close();
    }
}
