package io.meshkeep.server.rpc;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the transports hold of messages that clients have not taken, bounded in bytes. Without room, senders wait their
 * turn. A client that lets others wait, because it has not taken its message in a time that fits its size, loses its
 * connection: so those who ask and never read cannot starve those who read. Thread-safe.
 */
final class UnreadBytes implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(UnreadBytes.class);

    /** How long a client may take before it can lose its connection, and what it must take in a second beyond that. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long BYTES_PER_SECOND = 4 << 20;

    /** How long a sender waits for room; as long as etcd waits for its own work. */
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(7);

    private static final int MAX_WAITERS = 4096;
    private static final long TICK_MILLIS = 250;

    /** A message, or several of one stream, that a transport has. */
    final class Held {
        private final Runnable cut;
        private final long since = nanoClock.getAsLong();
        private long bytes;
        private boolean released;

        private Held(long bytes, Runnable cut) {
            this.bytes = bytes;
            this.cut = cut;
        }

        long bytes() {
            synchronized (UnreadBytes.this) {
                return bytes;
            }
        }

        /** Sets how much it is, as what was made in the end is not what was expected. */
        void resize(long newBytes) {
            synchronized (UnreadBytes.this) {
                if (!released) {
                    held += newBytes - bytes;
                    bytes = newBytes;
                }
            }
        }

        /** The client has taken it, or is gone. A second call does nothing. */
        void release() {
            UnreadBytes.this.release(this);
        }

        private boolean isOverdue(long now) {
            return cut != null && now - since > PATIENCE_NANOS + bytes * TimeUnit.SECONDS.toNanos(1) / BYTES_PER_SECOND;
        }
    }

    private record Waiter(long bytes, long retained, Runnable cut, long until, Consumer<Held> turn, Runnable tooLate) {}

    private final long capacity;
    private final LongSupplier nanoClock;
    private final ScheduledThreadPoolExecutor ticks;
    private final Set<Held> holders = new LinkedHashSet<>();
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private final Set<Runnable> wakeUps = new LinkedHashSet<>();
    private volatile long held;
    private long retained;
    private boolean ticking;
    private boolean serving;
    private boolean serveAgain;
    private boolean closed;

    /** @param capacity bytes that may be held; a single larger message is let through alone */
    UnreadBytes(String name, long capacity) {
        this(name, capacity, System::nanoTime);
    }

    UnreadBytes(String name, long capacity, LongSupplier nanoClock) {
        this.capacity = capacity;
        this.nanoClock = nanoClock;
        ticks = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, name + "-unread");
            thread.setDaemon(true);
            return thread;
        });
        ticks.setKeepAliveTime(10, TimeUnit.SECONDS);
        ticks.allowCoreThreadTimeOut(true);
    }

    /** Bytes that are held now. */
    long held() {
        return held;
    }

    /**
     * Takes room for a message if there is some and nobody waits for it.
     *
     * @param cut ends the client's connection; null if it cannot be ended
     * @return null if there is no room
     */
    synchronized Held tryHold(long bytes, Runnable cut) {
        return waiters.isEmpty() && fits(bytes) ? hold(bytes, cut) : null;
    }

    private boolean fits(long bytes) {
        return held == 0 || held + bytes <= capacity;
    }

    /** Takes room whether there is some or not. */
    synchronized Held hold(long bytes, Runnable cut) {
        Held taken = new Held(bytes, cut);
        holders.add(taken);
        held += bytes;
        return taken;
    }

    /**
     * Waits for room.
     *
     * @param kept memory that the waiting message itself takes, 0 if it is made again when its turn comes
     * @param turn gets the room; run by whoever makes it, so it must be quick
     * @param tooLate run instead if the turn does not come in time
     * @return false if too many are waiting
     */
    boolean await(long bytes, long kept, Runnable cut, Consumer<Held> turn, Runnable tooLate) {
        synchronized (this) {
            if (closed || waiters.size() >= MAX_WAITERS || retained + kept > capacity && retained > 0) {
                return false;
            }
            waiters.add(new Waiter(bytes, kept, cut, nanoClock.getAsLong() + WAIT_NANOS, turn, tooLate));
            retained += kept;
            tick();
        }
        serve();
        return true;
    }

    /**
     * Whether there is room for one more message, of whatever size.
     *
     * @param wakeUp run once there is room again, if there is none now; it must be quick
     */
    boolean hasRoom(Runnable wakeUp) {
        if (held < capacity) {
            return true;
        }
        synchronized (this) {
            if (held < capacity) {
                return true;
            }
            wakeUps.add(wakeUp);
            tick();
            return false;
        }
    }

    /** Forgets who asked {@link #hasRoom}. */
    synchronized void forget(Runnable wakeUp) {
        wakeUps.remove(wakeUp);
    }

    private void release(Held given) {
        synchronized (this) {
            if (given.released) {
                return;
            }
            given.released = true;
            holders.remove(given);
            held -= given.bytes;
        }
        serve();
    }

    /** Gives room to those who wait for it, in their order. One thread at a time; a turn may give its room back. */
    private void serve() {
        synchronized (this) {
            if (serving) {
                serveAgain = true;
                return;
            }
            serving = true;
        }
        boolean orderly = false;
        try {
            do {
                serveWhile();
            } while (isServingToGoOn());
            orderly = true;
        } finally {
            if (!orderly) {
                // such as no memory for a thread: the next one who gives room back serves again
                stopServing();
            }
        }
    }

    private synchronized void stopServing() {
        serving = false;
        serveAgain = false;
    }

    private synchronized boolean isServingToGoOn() {
        serving = serveAgain;
        serveAgain = false;
        return serving;
    }

    private void serveWhile() {
        while (true) {
            Waiter next;
            Held room;
            List<Runnable> woken = List.of();
            synchronized (this) {
                next = waiters.peek();
                if (next == null || !fits(next.bytes)) {
                    next = null;
                    room = null;
                    if (held < capacity && !wakeUps.isEmpty()) {
                        woken = new ArrayList<>(wakeUps);
                        wakeUps.clear();
                    }
                } else {
                    waiters.remove();
                    retained -= next.retained;
                    room = hold(next.bytes, next.cut);
                }
            }
            if (next == null) {
                woken.forEach(Runnable::run);
                return;
            }
            try {
                next.turn.accept(room);
            } catch (Throwable t) {
                room.release();
                throw t;
            }
        }
    }

    // ---- those who wait too long, and those who let them

    private void tick() {
        if (!ticking && !closed) {
            ticking = true;
            ticks.schedule(this::look, TICK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Looks for those who have waited, or held, for too long. */
    void look() {
        List<Waiter> late = new ArrayList<>();
        List<Held> overdue;
        synchronized (this) {
            ticking = false;
            long now = nanoClock.getAsLong();
            while (!waiters.isEmpty() && waiters.peek().until - now <= 0) {
                retained -= waiters.peek().retained;
                late.add(waiters.remove());
            }
            overdue = overdue(now);
            if (!waiters.isEmpty() || !wakeUps.isEmpty()) {
                tick();
            }
        }
        late.forEach(waiter -> waiter.tooLate.run());
        for (Held slow : overdue) {
            log.warn(
                    "closed a client's connection: it has not taken {} bytes that it asked for, and others wait for"
                            + " the memory",
                    slow.bytes);
            slow.cut.run();
        }
        serve();
    }

    /** Those who are to go so that the next one gets room. */
    private List<Held> overdue(long now) {
        if (waiters.isEmpty() && wakeUps.isEmpty()) {
            return List.of();
        }
        long needed = held + (waiters.isEmpty() ? 1 : waiters.peek().bytes) - capacity;
        List<Held> found = new ArrayList<>();
        for (Held holder : holders) {
            if (needed <= 0) {
                break;
            }
            if (holder.isOverdue(now)) {
                found.add(holder);
                needed -= holder.bytes;
            }
        }
        return found;
    }

    /** Nobody waits any more. */
    @Override
    public void close() {
        List<Waiter> left;
        synchronized (this) {
            closed = true;
            left = new ArrayList<>(waiters);
            waiters.clear();
            wakeUps.clear();
        }
        ticks.shutdownNow();
        left.forEach(waiter -> waiter.tooLate.run());
    }
}
