package io.meshkeep.server.mesh;

import io.meshkeep.proto.MeshWatchRequest;
import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.store.Credentials;
import io.meshkeep.store.Store;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All followers of the mesh. One thread takes those that can be served from recent indexes on, after each publication of
 * the store and whenever a transport has room; those that need an index from disk are taken on by another, one at a time.
 */
public final class MeshWatches implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MeshWatches.class);

    private static final int MAX_PATIENT = 1024;

    private final Store store;
    private final MeshAccess access;
    private final LongFunction<ResponseHeader> headers;
    private final long progressNanos;
    private final Set<MeshWatch> watches = ConcurrentHashMap.newKeySet();
    /** Watches that asked to be looked at. */
    private final Set<MeshWatch> woken = ConcurrentHashMap.newKeySet();
    /** Watches that the patient thread has; the other one leaves them alone. */
    private final Set<MeshWatch> patient = ConcurrentHashMap.newKeySet();

    private final Runnable listener = this::published;
    private final ThreadPoolExecutor reader;
    private final Thread thread;
    private volatile boolean published;
    private volatile boolean closing;

    /**
     * @param headers makes the header of a response for a revision
     * @param progressNanos how often a follower for whom nothing changes is told of the revision
     */
    public MeshWatches(
            String name, Store store, MeshAccess access, LongFunction<ResponseHeader> headers, long progressNanos) {
        this.store = store;
        this.access = access;
        this.headers = headers;
        this.progressNanos = progressNanos;
        this.reader = new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.MINUTES,
                new ArrayBlockingQueue<>(MAX_PATIENT),
                task -> daemon(task, name + "-mesh-read"));
        reader.allowCoreThreadTimeOut(true);
        this.thread = daemon(this::run, name + "-mesh-watch");
        store.onPublication(listener);
        thread.start();
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    Store store() {
        return store;
    }

    MeshAccess access() {
        return access;
    }

    long progressNanos() {
        return progressNanos;
    }

    ResponseHeader header(long revision) {
        return headers.apply(revision);
    }

    /** Number of followers. */
    public int count() {
        return watches.size();
    }

    /**
     * Begins to follow.
     *
     * @param credentials of whoever follows
     * @throws MeshRefusal if the request cannot be understood, or there is no index
     */
    public MeshWatch open(MeshWatchRequest request, Credentials credentials, MeshWatchSink sink) {
        if (!store.snapshot().hasMesh()) {
            throw MeshRefusal.noIndex();
        }
        MeshWatch watch = new MeshWatch(this, request, access, credentials, sink);
        watches.add(watch);
        wake(watch);
        return watch;
    }

    void remove(MeshWatch watch) {
        watches.remove(watch);
    }

    void wake(MeshWatch watch) {
        woken.add(watch);
        LockSupport.unpark(thread);
    }

    /** Permissions may have changed: has all followers looked at. */
    public void wakeAll() {
        published();
    }

    private void published() {
        if (!watches.isEmpty()) {
            published = true;
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        List<MeshWatch> due = new ArrayList<>();
        long nextProgress = System.nanoTime() + progressNanos;
        while (!closing) {
            due.clear();
            boolean tick = System.nanoTime() - nextProgress > 0;
            if (published || tick) {
                // before the followers are looked at: what is published from now on is for the next round
                published = false;
                nextProgress = System.nanoTime() + progressNanos;
                due.addAll(watches);
                woken.removeAll(new HashSet<>(due));
            }
            for (MeshWatch watch : List.copyOf(woken)) {
                if (woken.remove(watch) && watches.contains(watch)) {
                    due.add(watch);
                }
            }
            if (due.isEmpty()) {
                LockSupport.parkNanos(this, Math.max(1_000_000, nextProgress - System.nanoTime()));
                continue;
            }
            for (MeshWatch watch : due) {
                if (!patient.contains(watch)) {
                    advance(watch);
                }
            }
        }
    }

    private void advance(MeshWatch watch) {
        try {
            watch.advance(false);
        } catch (MeshWatch.NotAtHand e) {
            patient.add(watch);
            try {
                reader.execute(() -> advancePatiently(watch));
            } catch (RejectedExecutionException full) {
                patient.remove(watch);
                watch.fail(io.meshkeep.store.EtcdError.TOO_MANY_REQUESTS.exception());
            }
        } catch (RuntimeException e) {
            failed(watch, e);
        }
    }

    private void advancePatiently(MeshWatch watch) {
        try {
            watch.advance(true);
        } catch (RuntimeException e) {
            failed(watch, e);
        } finally {
            patient.remove(watch);
            wake(watch);
        }
    }

    private static void failed(MeshWatch watch, RuntimeException failure) {
        if (!watch.isClosed()) {
            log.error("a watch of the mesh failed", failure);
            watch.fail(failure);
        }
    }

    /** Ends the threads; the transports are closed by those who opened them. */
    @Override
    public void close() {
        closing = true;
        store.removePublicationListener(listener);
        LockSupport.unpark(thread);
        reader.shutdownNow();
        boolean interrupted = false;
        while (thread.isAlive() || !reader.isTerminated()) {
            try {
                thread.join(1000);
                reader.awaitTermination(1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
