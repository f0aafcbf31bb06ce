package io.meshkeep.clustermesh.kvstore;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases under which a process writes, shared by all that it writes. A lease takes so many keys, then another is
 * granted: in etcd a write under a lease costs time for every key that is already under it. Thread-safe.
 */
public final class LeasePool implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LeasePool.class);

    /** Cilium's {@code KVstoreLeaseTTL}. */
    public static final Duration TTL = Duration.ofMinutes(15);

    /** Cilium's {@code etcdMaxKeysPerLease}. */
    public static final int MAX_KEYS = 1000;

    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(10));

    private final Kvstore kvstore;
    private final Duration ttl;
    private final int maxKeys;
    private final Deque<Held> withRoom = new ArrayDeque<>();
    private final Map<Long, Held> held = new HashMap<>();
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean granting;
    private boolean closed;
    private int failures;

    public LeasePool(Kvstore kvstore) {
        this(kvstore, TTL, MAX_KEYS);
    }

    public LeasePool(Kvstore kvstore, Duration ttl, int maxKeys) {
        this.kvstore = kvstore;
        this.ttl = ttl;
        this.maxKeys = maxKeys;
    }

    /** A lease, and how many keys are under it. */
    public static final class Held {
        private final Kvstore.Lease lease;
        private CompletableFuture<Void> lost;
        private int keys;
        private volatile boolean gone;

        private Held(Kvstore.Lease lease) {
            this.lease = lease;
        }

        public long id() {
            return lease.id();
        }

        /** Whether it has been lost, and with it all keys under it. */
        public boolean isGone() {
            return gone;
        }

        /** Completes when it is lost; {@link #isGone()} is true then. */
        public CompletableFuture<Void> lost() {
            return lost;
        }
    }

    /** Takes room for one key; null if there is none yet, in which case the runnable runs once when there is. */
    Held take(Runnable whenRoom) {
        synchronized (this) {
            if (closed) {
                return null;
            }
            Held first = withRoom.peek();
            if (first != null) {
                if (++first.keys >= maxKeys) {
                    withRoom.remove();
                }
                if (first.keys >= maxKeys / 2 && withRoom.size() <= 1) {
                    // ahead of time, so that writers need not wait for it
                    grantOne();
                }
                return first;
            }
            waiting.add(whenRoom);
            grantOne();
        }
        return null;
    }

    private void grantOne() {
        if (!granting) {
            granting = true;
            // not here, where the caller may hold a lock
            KvstoreThreads.WORK.execute(this::grant);
        }
    }

    /** A lease for a key that is written by hand, not by a {@link SyncStore}. */
    public CompletableFuture<Held> take() {
        CompletableFuture<Held> future = new CompletableFuture<>();
        takeInto(future);
        return future;
    }

    private void takeInto(CompletableFuture<Held> future) {
        Held taken = take(() -> takeInto(future));
        if (taken != null) {
            future.complete(taken);
        }
    }

    private void grant() {
        kvstore.grant(ttl).whenComplete((lease, failure) -> {
            if (failure == null) {
                granted(lease);
                return;
            }
            int tries;
            synchronized (this) {
                if (closed) {
                    return;
                }
                tries = ++failures;
            }
            log.warn("no lease was granted; it is tried again: {}", String.valueOf(failure.getMessage()));
            KvstoreThreads.TIMER.schedule(this::grant, BACKOFF.millisAfter(tries), TimeUnit.MILLISECONDS);
        });
    }

    private void granted(Kvstore.Lease lease) {
        List<Runnable> run;
        synchronized (this) {
            if (closed) {
                lease.close();
                return;
            }
            failures = 0;
            granting = false;
            withRoom.add(hold(lease));
            run = new ArrayList<>(waiting);
            waiting.clear();
        }
        run.forEach(Runnable::run);
    }

    private Held hold(Kvstore.Lease lease) {
        Held entry = new Held(lease);
        held.put(lease.id(), entry);
        entry.lost = lease.lost().thenRun(() -> lost(entry));
        return entry;
    }

    /**
     * Goes on with a lease that an earlier process was granted. Fails if it is gone, or of another TTL than this pool's.
     */
    CompletableFuture<Held> adopt(long id) {
        return kvstore.keepAlive(id).thenApply(lease -> {
            synchronized (this) {
                Held known = held.get(id);
                if (known != null) {
                    return known;
                }
                if (closed || !lease.ttl().equals(ttl)) {
                    lease.close();
                    throw new IllegalStateException("the lease has another TTL: " + lease.ttl());
                }
                return hold(lease);
            }
        });
    }

    /** One more key is known to be under an adopted lease. */
    synchronized void attach(Held lease) {
        lease.keys++;
    }

    /**
     * A key is not under the lease any more. A lease without keys is left to run out, unless it is being filled; one that
     * is half empty is filled again.
     */
    synchronized void release(Held lease) {
        lease.keys--;
        if (lease.gone || closed || withRoom.contains(lease)) {
            return;
        }
        if (lease.keys <= 0) {
            held.remove(lease.id(), lease);
            lease.lease.close();
        } else if (lease.keys <= maxKeys / 2 && held.containsKey(lease.id())) {
            withRoom.add(lease);
        }
    }

    /** The etcd says that it does not know the lease. */
    void lost(Held lease) {
        synchronized (this) {
            lease.gone = true;
            held.remove(lease.id(), lease);
            withRoom.remove(lease);
        }
        lease.lease.close();
        lease.lease.lost().complete(null);
    }

    /** How many leases are kept alive. */
    public synchronized int size() {
        return held.size();
    }

    /** Keeps the leases alive no more; they run out. */
    @Override
    public synchronized void close() {
        closed = true;
        held.values().forEach(lease -> lease.lease.close());
        held.clear();
        withRoom.clear();
        waiting.clear();
    }
}
