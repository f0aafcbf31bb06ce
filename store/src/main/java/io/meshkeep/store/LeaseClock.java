package io.meshkeep.store;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When leases end: a hashed timing wheel (Varghese and Lauck, 1987) on the monotonic clock. A keepalive moves a
 * deadline in memory and touches neither the disk nor the wheel; the wheel finds out when it comes by. A lease whose
 * time is up is marked first and then proposed for revocation, so a keepalive that comes too late waits for the outcome
 * instead of being told that it was in time.
 *
 * <p>Deadlines are not stored: after a restart every lease has its full time again, as in etcd.
 */
public final class LeaseClock implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LeaseClock.class);

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int SLOTS = 4096;
    /** Expiries under way at once: the rest waits for its turn, so that other commands get through in between. */
    private static final int MAX_EXPIRING = 256;

    /** Revocations below which their timers are left for the wheel to come by. */
    static final int FEW_REVOKED = SLOTS;

    /** Proposes that a lease be revoked. */
    interface Revoker {
        /**
         * @param granted the grant whose time is up
         * @return false if the proposal could not be queued; it is tried again
         */
        boolean revoke(long id, long granted, CommitLog.Completion completion);
    }

    /** A lease's remaining and granted time, in seconds. */
    public record Remaining(long seconds, long granted) {}

    private static final class Timer {
        private static final long EXPIRING = Long.MIN_VALUE;

        final long id;
        final long ttl;
        final long granted;
        final AtomicLong deadline;
        volatile boolean removed;
        /** Keepalives that came after the mark. Guarded by this. */
        private List<LongConsumer> waiting = new ArrayList<>();

        Timer(long id, long ttl, long granted, long now) {
            this.id = id;
            this.ttl = ttl;
            this.granted = granted;
            this.deadline = new AtomicLong(deadlineFrom(now));
        }

        long deadlineFrom(long now) {
            return now + TimeUnit.SECONDS.toNanos(ttl);
        }

        /** Returns false if the outcome is known already. */
        synchronized boolean await(LongConsumer answer) {
            return waiting != null && waiting.add(answer);
        }

        synchronized List<LongConsumer> end() {
            List<LongConsumer> ended = waiting == null ? List.of() : waiting;
            waiting = null;
            return ended;
        }
    }

    private final ConcurrentMap<Long, Timer> timers = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Timer> arrivals = new ConcurrentLinkedQueue<>();
    private final List<List<Timer>> wheel = new ArrayList<>(SLOTS);
    /** Leases that were revoked since the wheel was last rid of their timers. */
    private final AtomicInteger revoked = new AtomicInteger();

    private final Semaphore expiring = new Semaphore(MAX_EXPIRING);
    private final Revoker revoker;
    private final LongSupplier nanoClock;
    private final long origin;
    private final Thread thread;
    private long tick;
    private volatile boolean closed;

    LeaseClock(String name, Revoker revoker) {
        this(name, revoker, System::nanoTime);
    }

    /** @param nanoClock a monotonic clock: it may jump ahead, as when the machine was asleep */
    LeaseClock(String name, Revoker revoker, LongSupplier nanoClock) {
        this.revoker = revoker;
        this.nanoClock = nanoClock;
        this.origin = nanoClock.getAsLong();
        for (int i = 0; i < SLOTS; i++) {
            wheel.add(new ArrayList<>(0));
        }
        thread = new Thread(this::run, name + "-leases");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Time since this clock was made: starts at 0, so that sums of it never overflow. */
    private long now() {
        return nanoClock.getAsLong() - origin;
    }

    /**
     * Starts a lease's time.
     *
     * @param granted the grant that made it, for its expiry to name
     */
    void granted(long id, long ttl, long granted) {
        Timer timer = new Timer(id, ttl, granted, now());
        timers.put(id, timer);
        arrivals.add(timer);
    }

    /** Forgets a revoked lease. */
    void revoked(long id) {
        Timer timer = timers.remove(id);
        if (timer != null) {
            timer.removed = true;
            revoked.incrementAndGet();
            timer.end().forEach(LeaseClock::answerGone);
        }
    }

    private static void answerGone(LongConsumer answer) {
        try {
            answer.accept(0);
        } catch (Throwable t) {
            // this is the thread that commits, and the others wait too
            log.error("a keepalive's caller failed to take its answer", t);
        }
    }

    /**
     * Gives a lease its full time again.
     *
     * @param answer gets the TTL in seconds, or 0 if there is no such lease (any more); at once, or once a pending
     *     expiry has ended
     */
    public void keepAlive(long id, LongConsumer answer) {
        Timer timer = timers.get(id);
        if (timer == null) {
            answer.accept(0);
            return;
        }
        long deadline = timer.deadline.get();
        while (deadline != Timer.EXPIRING) {
            if (timer.deadline.compareAndSet(deadline, timer.deadlineFrom(now()))) {
                answer.accept(timer.ttl);
                return;
            }
            deadline = timer.deadline.get();
        }
        if (!timer.await(answer)) {
            answer.accept(0);
        }
    }

    /** What is left of a lease's time, rounded down; null if there is no such lease. */
    public Remaining remaining(long id) {
        Timer timer = timers.get(id);
        if (timer == null) {
            return null;
        }
        long deadline = timer.deadline.get();
        long left = deadline == Timer.EXPIRING ? 0 : Math.max(0, deadline - now());
        return new Remaining(TimeUnit.NANOSECONDS.toSeconds(left), timer.ttl);
    }

    /** The ids of all leases, the one that ends first in front. */
    public List<Long> byDeadline() {
        record Due(long id, long deadline) {}
        return timers.values().stream()
                .map(timer -> new Due(timer.id, timer.deadline.get()))
                .sorted(Comparator.comparingLong(Due::deadline).thenComparingLong(Due::id))
                .map(Due::id)
                .toList();
    }

    private void run() {
        while (!closed) {
            LockSupport.parkNanos(this, advance());
        }
    }

    /** Goes through the ticks that are due; returns the nanoseconds to the next one. Called by one thread. */
    long advance() {
        long due = (tick + 1) * TICK_NANOS - now();
        while (due <= 0 && !closed) {
            tick++;
            try {
                schedule(tick);
                visit(tick);
                forgetRevoked();
            } catch (RuntimeException e) {
                log.error("the lease clock stumbled; it goes on", e);
            }
            due = (tick + 1) * TICK_NANOS - now();
        }
        return due;
    }

    private void schedule(long tick) {
        Timer timer;
        while ((timer = arrivals.poll()) != null) {
            if (!timer.removed) {
                schedule(timer, tick);
            }
        }
    }

    /**
     * Takes the timers of revoked leases out of the wheel once there may be as many of them as of others. It would come
     * by in its turn, but that takes minutes, in which millions of leases can be granted and revoked.
     */
    private void forgetRevoked() {
        int count = revoked.get();
        if (count < Math.max(FEW_REVOKED, timers.size())) {
            return;
        }
        revoked.addAndGet(-count);
        for (int i = 0; i < SLOTS; i++) {
            List<Timer> slot = wheel.get(i);
            if (slot.removeIf(timer -> timer.removed)) {
                wheel.set(i, new ArrayList<>(slot));
            }
        }
    }

    /** Timers in the wheel, those of revoked leases included. For the thread that advances the clock. */
    int scheduled() {
        return wheel.stream().mapToInt(List::size).sum();
    }

    private void schedule(Timer timer, long tick) {
        long deadline = timer.deadline.get();
        // Rounded up: a lease never ends early. Far deadlines share the slots and are looked at once a turn.
        long at = Math.max(tick + 1, Math.floorDiv(deadline, TICK_NANOS) + 1);
        wheel.get((int) Math.floorMod(Math.min(at, tick + SLOTS), (long) SLOTS)).add(timer);
    }

    private void visit(long tick) {
        int slot = (int) Math.floorMod(tick, (long) SLOTS);
        List<Timer> visited = wheel.get(slot);
        if (visited.isEmpty()) {
            return;
        }
        wheel.set(slot, new ArrayList<>(0));
        // The tick's own time: after a jump of the clock the leases that share a slot still end in their order.
        long now = tick * TICK_NANOS;
        for (Timer timer : visited) {
            if (timer.removed) {
                continue;
            }
            long deadline = timer.deadline.get();
            if (deadline > now) {
                schedule(timer, tick);
            } else if (!expire(timer, deadline)) {
                wheel.get((int) Math.floorMod(tick + 1, (long) SLOTS)).add(timer);
            }
        }
    }

    /** Returns false if the lease has to be looked at again. */
    private boolean expire(Timer timer, long deadline) {
        if (!expiring.tryAcquire()) {
            return false;
        }
        boolean proposed = false;
        try {
            if (deadline != Timer.EXPIRING && !timer.deadline.compareAndSet(deadline, Timer.EXPIRING)) {
                return false;
            }
            proposed = revoker.revoke(timer.id, timer.granted, (result, error) -> {
                expiring.release();
                if (error != null && error.error() != EtcdError.LEASE_NOT_FOUND) {
                    arrivals.add(timer);
                }
            });
            return proposed;
        } finally {
            if (!proposed) {
                expiring.release();
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        Threads.join(thread);
        // Keepalives that wait for an outcome are not answered: there is none, and 0 would say that the lease is gone.
    }
}
