package io.meshkeep.clustermesh.kvstore;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the keys below a prefix as they are wanted: says what is to be there, and it is written, under a lease, until it
 * is; a value that is there already is not written again. When all that is wanted at first has been written, a canary
 * says so to readers. Keys that a lost lease took with it are written again.
 *
 * <p>What an earlier process has left below the prefix is taken over: its leases are kept alive, keys with the right value
 * stay as they are, and those that nobody wants any more are deleted once everything wanted is known.
 *
 * <p>Thread-safe. Nothing here blocks. What is wanted is held in memory once per key; only the newest value of a key waits
 * to be written.
 */
public final class SyncStore implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SyncStore.class);

    private static final Backoff KEY_BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofMinutes(1));
    /** So many calls are without answer; what is wanted meanwhile goes out together with the next one. */
    private static final int MOST_CALLS = 4;

    /** Of one call, so that no etcd finds it too large. */
    private static final int MOST_BYTES = 512 << 10;

    private static final Backoff STORE_BACKOFF = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(5));

    /**
     * How a store writes.
     *
     * @param prefix without the slash at its end
     * @param canary the key that says that all is written; usually {@code cilium/synced/<cluster>/<prefix>}
     * @param inFlight how many writes may be without answer
     * @param rate a limit, which several stores may share
     * @param takeOver whether keys of an earlier process are taken over, and deleted when they are not wanted; only
     *     where nobody else writes below the prefix
     */
    public record Settings(String prefix, Optional<String> canary, int inFlight, RateLimit rate, boolean takeOver) {
        /** Hundreds of writes share one sync of the disk. */
        public static final int IN_FLIGHT = 512;

        /** The only writer below a prefix, as fast as the etcd is. */
        public static Settings of(String prefix) {
            return new Settings(prefix, Optional.empty(), IN_FLIGHT, RateLimit.none(), true);
        }

        public Settings withCanary(String key) {
            return new Settings(prefix, Optional.of(key), inFlight, rate, takeOver);
        }

        public Settings withInFlight(int most) {
            return new Settings(prefix, canary, most, rate, takeOver);
        }

        public Settings withRate(RateLimit limit) {
            return new Settings(prefix, canary, inFlight, limit, takeOver);
        }

        public Settings withTakeOver(boolean value) {
            return new Settings(prefix, canary, inFlight, rate, value);
        }
    }

    private static final class Entry {
        private final String key;
        /** Null if there is to be none. */
        private ByteString wanted;
        /** Null if there is none, or nobody knows. */
        private ByteString written;
        /** A write failed in a way that leaves open whether it happened. */
        private boolean unsure;

        private LeasePool.Held lease;
        private boolean queued;
        private boolean busy;
        private boolean waiting;
        private int failures;
        /** The canary waits for it. */
        private boolean initial;

        Entry(String key) {
            this.key = key;
        }

        boolean pending() {
            return queued || busy || waiting;
        }

        /** Of what is to be written, in bytes or a few less. */
        int size() {
            return key.length() + (wanted == null ? 0 : wanted.size());
        }
    }

    /** What was there at the start. */
    private record Found(ByteString value, LeasePool.Held lease) {}

    /** A write to be sent; {@code value} is null for a delete. */
    private record Write(Entry entry, ByteString value, LeasePool.Held lease) {
        Kvstore.Change change() {
            return new Kvstore.Change(entry.key, value, value == null ? 0 : lease.id());
        }
    }

    /** What goes out in one call. */
    private static final class Batch {
        final List<Write> writes = new ArrayList<>();
        private int bytes;

        boolean hasRoomFor(Entry entry) {
            return writes.isEmpty() || writes.size() < Kvstore.MOST_CHANGES && bytes + entry.size() <= MOST_BYTES;
        }

        void add(Write write) {
            bytes += write.entry.size();
            writes.add(write);
        }
    }

    private final Kvstore kvstore;
    private final LeasePool leases;
    private final Settings settings;
    private final Map<String, Entry> entries = new HashMap<>();
    private final Map<String, Found> found = new HashMap<>();
    private final Deque<Entry> queue = new ArrayDeque<>();
    private final Set<LeasePool.Held> observed = new HashSet<>();
    private final CompletableFuture<Void> synced = new CompletableFuture<>();

    private boolean ready;
    private boolean closed;
    private boolean paused;
    private boolean needsLease;
    private boolean complete;
    private boolean swept;
    private int inFlight;
    private int calls;
    private int waiting;
    private int initialLeft;
    private int storeFailures;
    private long errors;
    private long writes;

    private SyncStore(Kvstore kvstore, LeasePool leases, Settings settings) {
        this.kvstore = kvstore;
        this.leases = leases;
        this.settings = settings;
    }

    /** A store that begins at once with what it finds, and writes as soon as it is told what is wanted. */
    public static SyncStore start(Kvstore kvstore, LeasePool leases, Settings settings) {
        SyncStore store = new SyncStore(kvstore, leases, settings);
        store.look(1);
        return store;
    }

    // --- What is wanted ----------------------------------------------------------------------------------------------

    /**
     * Wants a key to have a value.
     *
     * @param name below the prefix, without a slash before it
     */
    public void upsert(String name, ByteString value) {
        want(settings.prefix + "/" + name, value);
    }

    /** Wants a key not to be there. */
    public void delete(String name) {
        want(settings.prefix + "/" + name, null);
    }

    private void want(String key, ByteString value) {
        synchronized (this) {
            if (closed) {
                return;
            }
            Entry entry = entries.get(key);
            if (entry == null) {
                if (value == null && ready && !found.containsKey(key)) {
                    return;
                }
                entry = new Entry(key);
                entries.put(key, entry);
            } else if (value != null && value.equals(entry.wanted)) {
                return;
            }
            entry.wanted = value;
            enqueue(entry);
        }
        pump();
    }

    /**
     * Looks whether a key is as it was written, and writes it again if somebody else has deleted or changed it. What is
     * written at the moment needs no look.
     */
    public void check(String name) {
        String key = settings.prefix + "/" + name;
        kvstore.get(key).whenComplete((there, failure) -> {
            if (failure != null) {
                failed(key + " could not be looked at", failure);
            } else if (isTampered(key, there)) {
                log.warn("{} was changed or deleted by somebody else, and is written again", key);
                pump();
            }
        });
    }

    private synchronized boolean isTampered(String key, Optional<Kvstore.Pair> there) {
        Entry entry = entries.get(key);
        if (closed || entry == null || entry.wanted == null || !isRight(entry)) {
            return false;
        }
        if (there.isPresent()
                && there.get().value().equals(entry.wanted)
                && there.get().lease() == entry.lease.id()) {
            return false;
        }
        entry.unsure = true;
        entry.written = null;
        enqueue(entry);
        return true;
    }

    /**
     * Says that everything that is wanted at first has been said. What else is found below the prefix is deleted, and
     * then the canary is written.
     *
     * @return completes when that is done; the same future each time
     */
    public CompletableFuture<Void> synced() {
        synchronized (this) {
            if (!complete) {
                complete = true;
                for (Entry entry : entries.values()) {
                    if (entry.pending()) {
                        entry.initial = true;
                        initialLeft++;
                    }
                }
            }
        }
        pump();
        return synced;
    }

    /** Completes when everything that is wanted at first has been said and written, and the canary. */
    public CompletableFuture<Void> whenSynced() {
        return synced;
    }

    // --- What is found at the start ----------------------------------------------------------------------------------

    private void look(int attempt) {
        if (!settings.takeOver) {
            begin(List.of(), Map.of());
            return;
        }
        kvstore.list(settings.prefix + "/")
                .thenCombine(
                        settings.canary.map(kvstore::get).orElse(CompletableFuture.completedFuture(Optional.empty())),
                        (listing, canary) -> {
                            List<Kvstore.Pair> pairs = new ArrayList<>(listing.pairs());
                            canary.ifPresent(pairs::add);
                            return pairs;
                        })
                .thenCompose(this::adoptLeases)
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        failed("what is below " + settings.prefix + " could not be listed", failure);
                        KvstoreThreads.TIMER.schedule(
                                () -> lookAgain(attempt + 1),
                                STORE_BACKOFF.millisAfter(attempt),
                                TimeUnit.MILLISECONDS);
                    }
                });
    }

    private void lookAgain(int attempt) {
        synchronized (this) {
            if (closed) {
                return;
            }
        }
        look(attempt);
    }

    private CompletableFuture<Void> adoptLeases(List<Kvstore.Pair> pairs) {
        Map<Long, CompletableFuture<Optional<LeasePool.Held>>> adopted = new HashMap<>();
        for (Kvstore.Pair pair : pairs) {
            if (pair.lease() != 0) {
                adopted.computeIfAbsent(
                        pair.lease(), id -> leases.adopt(id).handle((held, gone) -> Optional.ofNullable(held)));
            }
        }
        return CompletableFuture.allOf(adopted.values().toArray(new CompletableFuture<?>[0]))
                .thenRun(() -> {
                    Map<Long, LeasePool.Held> held = new HashMap<>();
                    adopted.forEach((id, future) -> future.join().ifPresent(lease -> held.put(id, lease)));
                    begin(pairs, held);
                });
    }

    private void begin(List<Kvstore.Pair> pairs, Map<Long, LeasePool.Held> held) {
        synchronized (this) {
            for (Kvstore.Pair pair : pairs) {
                LeasePool.Held lease = held.get(pair.lease());
                if (lease != null) {
                    leases.attach(lease);
                }
                found.put(pair.key(), new Found(pair.value(), lease));
            }
            ready = true;
        }
        pump();
    }

    // --- Writing -----------------------------------------------------------------------------------------------------

    private void enqueue(Entry entry) {
        if (entry.waiting) {
            entry.waiting = false;
            waiting--;
        }
        if (!entry.queued && !entry.busy) {
            entry.queued = true;
            queue.add(entry);
        }
    }

    private void pump() {
        List<Batch> batches = new ArrayList<>();
        synchronized (this) {
            Batch open = null;
            while (ready && !closed && !paused && !needsLease && inFlight < settings.inFlight) {
                Entry entry = queue.peek();
                if (entry == null) {
                    if (!nextPhase()) {
                        break;
                    }
                    continue;
                }
                takeFound(entry);
                if (isRight(entry)) {
                    queue.remove();
                    entry.queued = false;
                    done(entry);
                    continue;
                }
                boolean another = open == null || !open.hasRoomFor(entry);
                if (another && calls == MOST_CALLS) {
                    break;
                }
                Write write = prepare(entry);
                if (write == null) {
                    break;
                }
                queue.remove();
                entry.queued = false;
                entry.busy = true;
                inFlight++;
                if (another) {
                    open = new Batch();
                    batches.add(open);
                    calls++;
                }
                open.add(write);
            }
        }
        batches.forEach(batch -> send(batch.writes));
    }

    /** When nothing is queued: the leftovers, then the canary. Gives whether there is something queued now. */
    private boolean nextPhase() {
        if (!complete || initialLeft > 0) {
            return false;
        }
        if (!swept) {
            swept = true;
            String canary = settings.canary.orElse("");
            for (String key : new ArrayList<>(found.keySet())) {
                if (!key.equals(canary)) {
                    addInitial(new Entry(key));
                }
            }
            if (initialLeft > 0) {
                log.info("{} keys below {} are left over and are deleted", initialLeft, settings.prefix);
                return true;
            }
        }
        if (synced.isDone()) {
            return false;
        }
        if (settings.canary.isPresent() && !entries.containsKey(settings.canary.get())) {
            Entry entry = new Entry(settings.canary.get());
            Found there = found.get(entry.key);
            entry.wanted = there != null
                    ? there.value
                    : ByteString.copyFromUtf8(
                            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
            addInitial(entry);
            return true;
        }
        // not here: what is chained to it must not run under the lock
        KvstoreThreads.WORK.execute(() -> synced.complete(null));
        return false;
    }

    private void addInitial(Entry entry) {
        entry.initial = true;
        initialLeft++;
        entries.put(entry.key, entry);
        enqueue(entry);
    }

    /** What was found under a key becomes what is known of it. */
    private void takeFound(Entry entry) {
        Found there = found.remove(entry.key);
        if (there == null) {
            return;
        }
        entry.unsure = true;
        if (there.lease != null && !there.lease.isGone()) {
            entry.lease = there.lease;
            entry.written = there.value;
            observe(there.lease);
        }
    }

    private static boolean isRight(Entry entry) {
        if (entry.wanted == null) {
            return entry.written == null && !entry.unsure;
        }
        return entry.wanted.equals(entry.written) && entry.lease != null && !entry.lease.isGone();
    }

    private void done(Entry entry) {
        entry.failures = 0;
        if (entry.initial) {
            entry.initial = false;
            initialLeft--;
        }
        if (entry.wanted == null) {
            entries.remove(entry.key, entry);
        }
    }

    /** Null if it has to wait. */
    private Write prepare(Entry entry) {
        if (entry.wanted != null && (entry.lease == null || entry.lease.isGone())) {
            entry.lease = leases.take(this::leaseThere);
            if (entry.lease == null) {
                needsLease = true;
                return null;
            }
            observe(entry.lease);
        }
        // last, since what is taken here is used up
        long wait = settings.rate.take();
        if (wait > 0) {
            pause(wait, TimeUnit.NANOSECONDS);
            return null;
        }
        return entry.wanted == null ? new Write(entry, null, null) : new Write(entry, entry.wanted, entry.lease);
    }

    private void leaseThere() {
        synchronized (this) {
            needsLease = false;
        }
        pump();
    }

    private void pause(long time, TimeUnit unit) {
        paused = true;
        KvstoreThreads.TIMER.schedule(
                () -> {
                    synchronized (this) {
                        paused = false;
                    }
                    pump();
                },
                time,
                unit);
    }

    private void send(List<Write> batch) {
        CompletableFuture<?> call;
        Write first = batch.get(0);
        if (batch.size() > 1) {
            call = kvstore.change(batch.stream().map(Write::change).toList());
        } else if (first.value == null) {
            call = kvstore.delete(first.entry.key);
        } else {
            call = kvstore.put(first.entry.key, first.value, first.lease.id());
        }
        call.whenComplete((done, failure) -> {
            if (failure == null || batch.size() == 1 || concernsTheStore(failure)) {
                answered(batch, failure);
            } else {
                oneByOne(batch);
            }
        });
    }

    /** One of them is refused, and only alone it is told which. */
    private void oneByOne(List<Write> batch) {
        synchronized (this) {
            calls += batch.size() - 1;
        }
        batch.forEach(write -> send(List.of(write)));
    }

    private void answered(List<Write> batch, Throwable failure) {
        List<LeasePool.Held> unknownLeases = new ArrayList<>();
        synchronized (this) {
            calls--;
            batch.forEach(write -> answered(write, failure, unknownLeases));
        }
        unknownLeases.forEach(leases::lost);
        pump();
    }

    private void answered(Write write, Throwable failure, List<LeasePool.Held> unknownLeases) {
        Entry entry = write.entry;
        inFlight--;
        entry.busy = false;
        if (failure == null) {
            writes++;
            storeFailures = 0;
            entry.unsure = false;
            entry.written = write.value;
            if (write.value == null && entry.lease != null) {
                leases.release(entry.lease);
                entry.lease = null;
            }
            if (isRight(entry)) {
                done(entry);
            } else {
                enqueue(entry);
            }
        } else if (!closed) {
            entry.unsure = true;
            entry.written = null;
            if (isUnknownLease(failure) && write.lease != null) {
                unknownLeases.add(write.lease);
                enqueue(entry);
            } else {
                retry(entry, failure);
            }
        }
    }

    private void retry(Entry entry, Throwable failure) {
        failed(entry.key + " could not be written", failure);
        if (concernsTheStore(failure)) {
            entry.queued = true;
            queue.addFirst(entry);
            if (!paused) {
                storeFailures++;
                pause(STORE_BACKOFF.millisAfter(storeFailures), TimeUnit.MILLISECONDS);
            }
            return;
        }
        entry.failures++;
        entry.waiting = true;
        waiting++;
        KvstoreThreads.TIMER.schedule(
                () -> {
                    synchronized (this) {
                        if (entry.waiting && !closed) {
                            enqueue(entry);
                        }
                    }
                    pump();
                },
                KEY_BACKOFF.millisAfter(entry.failures),
                TimeUnit.MILLISECONDS);
    }

    private static boolean isUnknownLease(Throwable failure) {
        Status status = Status.fromThrowable(failure);
        return status.getCode() == Status.Code.NOT_FOUND;
    }

    /** Whether every other write would fail as well. */
    private static boolean concernsTheStore(Throwable failure) {
        Status status = Status.fromThrowable(failure);
        return switch (status.getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED -> true;
            // etcd uses it when it is full or busy, gRPC for one message that is too large
            case RESOURCE_EXHAUSTED -> String.valueOf(status.getDescription()).startsWith("etcdserver: ");
            default -> false;
        };
    }

    private void failed(String what, Throwable failure) {
        synchronized (this) {
            if (closed) {
                return;
            }
            errors++;
        }
        Status status = Status.fromThrowable(failure);
        log.warn("{}; it is tried again: {} {}", what, status.getCode(), String.valueOf(status.getDescription()));
    }

    private void observe(LeasePool.Held lease) {
        if (observed.add(lease)) {
            // not here, where it may be gone already and the lock is held
            lease.lost().thenRunAsync(() -> rewrite(lease), KvstoreThreads.WORK);
        }
    }

    private void rewrite(LeasePool.Held lost) {
        int keys = 0;
        synchronized (this) {
            observed.remove(lost);
            for (Entry entry : entries.values()) {
                if (entry.lease == lost) {
                    entry.lease = null;
                    entry.written = null;
                    if (entry.wanted != null) {
                        keys++;
                        enqueue(entry);
                    }
                }
            }
        }
        if (keys > 0) {
            log.info("a lease is lost; {} keys below {} are written again", keys, settings.prefix);
        }
        pump();
    }

    // --- What can be seen --------------------------------------------------------------------------------------------

    public String prefix() {
        return settings.prefix;
    }

    /** Whether everything wanted at first has been written, and the canary. */
    public boolean isSynced() {
        return synced.isDone();
    }

    /** How many keys are not yet as they are wanted. */
    public synchronized int pending() {
        return queue.size() + inFlight + waiting;
    }

    /** How many keys are wanted, the canary included. */
    public synchronized int size() {
        return entries.size();
    }

    /** How often something failed so far. */
    public synchronized long errors() {
        return errors;
    }

    /** How many writes and deletes were answered so far. */
    public synchronized long writes() {
        return writes;
    }

    /** Writes nothing more. What is there stays until its leases run out. */
    @Override
    public synchronized void close() {
        closed = true;
        queue.clear();
    }
}
