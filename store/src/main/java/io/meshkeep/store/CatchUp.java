package io.meshkeep.store;

import io.meshkeep.store.WatchEncoder.WatchEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads for watchers that are behind what they missed, in rounds: one window of revisions is read once, from the
 * recent commits or else from disk, and serves every watcher that needs any of it; watchers of one group at the same
 * revision share the encoded bytes. Memory is bounded by the window and by what a round may encode.
 */
final class CatchUp implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CatchUp.class);

    private static final int WINDOW_EVENTS = 8192;
    /** Bytes that are read or loaded for one window, but for the rest of its last revision. */
    static final long WINDOW_BYTES = 4 << 20;

    private static final long ROUND_BYTES = 16 << 20;
    private static final long RETRY_NANOS = 100_000_000;

    /** Commits and watchers up to which it costs the watch thread little to work out itself what is missing. */
    private static final int NEAR_EVENTS = 1024;

    private static final int NEAR_WATCHERS = 1024;

    /** Needs that are served in a round in which each is read for alone: each may take a window's memory. */
    private static final int ONE_BY_ONE = 4;

    /** Bodies that a need gets at least, where many share a round: so many that not each costs a round. */
    private static final int LEAST_BODIES = 4;

    private record Need(WatchGroup.Key group, long fromRevision) {}

    /** Watchers, the needs that they had when the round began, what was found for them, and what cannot be read. */
    record Round(List<Watcher> watchers, Map<Watcher, Need> needs, Map<Need, Found> found, Map<Need, String> lost) {
        /** What to send to the watcher; null if its turn did not come in this round. */
        Found found(Watcher watcher) {
            return of(watcher, found);
        }

        /** Why the watcher cannot get what it needs, ever; null if it can. */
        String lost(Watcher watcher) {
            return of(watcher, lost);
        }

        private <T> T of(Watcher watcher, Map<Need, T> outcomes) {
            Need need = needs.get(watcher);
            return need.fromRevision == watcher.nextRevision ? outcomes.get(need) : null;
        }
    }

    /** A change in the window; the pairs of one that comes from disk are loaded when a watcher wants them. */
    private abstract static class Change {
        final long revision;
        final int sub;
        final boolean delete;
        final byte[] key;

        Change(long revision, int sub, boolean delete, byte[] key) {
            this.revision = revision;
            this.sub = sub;
            this.delete = delete;
            this.key = key;
        }

        /** The pair; null if it is no longer on disk. */
        abstract byte[] kv();

        /**
         * The pair before; null if there was none.
         *
         * @throws RangeReader.RecordGone if it is no longer on disk
         */
        abstract byte[] previous();
    }

    /** One revision has more than may be built for one answer. */
    private static final class TooMuch extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooMuch(long revision) {
            super(": the changes of revision " + revision + " are larger than this server may send at once");
        }
    }

    /**
     * @param coversTo the window holds every change up to here, from its start
     * @param records reads the pairs before the changes; null where they are in memory
     */
    private record Window(List<Change> changes, long coversTo, RecordReader records) implements AutoCloseable {
        @Override
        public void close() {
            if (records != null) {
                records.close();
            }
        }
    }

    private final Supplier<Snapshot> newest;
    private final RecentEvents recent;
    private final Storage storage;
    private final WatchEncoder encoder;
    private final RangeReader.Values values;
    private final long mostBytes;
    private final ThreadPoolExecutor worker;
    private volatile long rounds;

    CatchUp(
            String name,
            Supplier<Snapshot> newest,
            RecentEvents recent,
            Storage storage,
            WatchEncoder encoder,
            RangeReader.Values values,
            long unsentBytes) {
        this.newest = newest;
        this.recent = recent;
        this.storage = storage;
        this.encoder = encoder;
        this.values = values;
        // What is found for one need shall not fill what is kept of it for later.
        this.mostBytes = Math.min(WINDOW_BYTES, unsentBytes / 4);
        this.worker = new ThreadPoolExecutor(1, 1, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, name + "-catchup");
            thread.setDaemon(true);
            return thread;
        });
        worker.allowCoreThreadTimeOut(true);
    }

    /** Runs a round on the worker; {@code done} gets its result there. One round at a time. */
    void start(List<Watcher> watchers, Consumer<Round> done) {
        rounds++;
        Map<Watcher, Need> needs = new HashMap<>();
        for (Watcher watcher : watchers) {
            needs.put(watcher, new Need(watcher.group.key, watcher.nextRevision));
        }
        worker.execute(() -> {
            Map<Need, Found> found = new HashMap<>();
            Map<Need, String> lost = new HashMap<>();
            try {
                List<Need> distinct = needs.values().stream().distinct().toList();
                try (Window window = window(first(distinct))) {
                    find(distinct, window, found);
                } catch (RuntimeException e) {
                    // Somebody needs what cannot be read, and the others shall not suffer for it.
                    findOneByOne(distinct, found, lost);
                }
            } catch (Error e) {
                log.error("reading for watchers that are behind failed; it is tried again", e);
                LockSupport.parkNanos(RETRY_NANOS);
            } finally {
                done.accept(new Round(watchers, needs, found, lost));
            }
        });
    }

    /** Rounds begun on the worker. */
    long rounds() {
        return rounds;
    }

    private void findOneByOne(List<Need> needs, Map<Need, Found> found, Map<Need, String> lost) {
        long start = System.nanoTime();
        for (Need need : needs) {
            if (!found.containsKey(need)) {
                try (Window window = window(first(List.of(need)))) {
                    find(List.of(need), window, found);
                } catch (RuntimeException e) {
                    log.error(
                            "a watch ends, since what it needs from revision {} on cannot be read",
                            need.fromRevision,
                            e);
                    lost.put(
                            need,
                            "etcdserver: the events cannot be read" + (e instanceof TooMuch ? e.getMessage() : ""));
                }
            }
            if (found.size() >= ONE_BY_ONE || System.nanoTime() - start > RETRY_NANOS) {
                return;
            }
        }
    }

    /**
     * A round on the caller's thread, if the watchers lack but a few events that are still in memory.
     *
     * @param upTo the newest revision that may be sent
     */
    Optional<Round> near(Collection<Watcher> watchers, long upTo) {
        if (watchers.isEmpty() || watchers.size() > NEAR_WATCHERS) {
            return Optional.empty();
        }
        Map<Watcher, Need> needs = new HashMap<>();
        for (Watcher watcher : watchers) {
            needs.put(watcher, new Need(watcher.group.key, watcher.nextRevision));
        }
        List<Need> distinct = needs.values().stream().distinct().toList();
        long from = first(distinct);
        List<EventBatch> batches = recent.from(from);
        if (batches == null
                || batches.stream().mapToInt(batch -> batch.events().size()).sum() > NEAR_EVENTS) {
            return Optional.empty();
        }
        Map<Need, Found> found = new HashMap<>();
        try {
            find(distinct, inMemory(batches, from, upTo), found);
        } catch (RuntimeException e) {
            // the next round on the worker finds out who cannot be served
            log.debug("serving watchers that are nearly up to date failed", e);
        }
        return Optional.of(new Round(List.copyOf(watchers), needs, found, Map.of()));
    }

    /** The revision at which a window over these needs begins. */
    private long first(List<Need> needs) {
        long first = needs.stream().mapToLong(Need::fromRevision).min().orElseThrow();
        return Math.max(first, newest.get().compactedRevision());
    }

    private void find(List<Need> needs, Window window, Map<Need, Found> found) {
        List<Need> ordered = new ArrayList<>(needs);
        ordered.sort(Comparator.comparingLong(Need::fromRevision));
        List<Change> byKey = new ArrayList<>(window.changes);
        byKey.sort((a, b) -> Arrays.compareUnsigned(a.key, b.key));
        long least = (long) LEAST_BODIES * encoder.bodyBytes();
        long share = Math.max(least, Math.min(mostBytes, ROUND_BYTES / needs.size()));
        long bytes = 0;
        for (Need need : ordered) {
            if (need.fromRevision > window.coversTo || bytes > ROUND_BYTES) {
                break;
            }
            Found served = serve(need, byKey, window.coversTo, share);
            if (served != null) {
                bytes += served.encodedBytes();
                found.put(need, served);
            }
        }
    }

    /**
     * The need's events in the window, in order, as far as they are not too much at once; null if they cannot be read
     * because they were compacted meanwhile.
     *
     * @param share bytes after which no further revision is taken
     */
    private Found serve(Need need, List<Change> byKey, long windowCoversTo, long share) {
        KeyRange range = need.group.range();
        List<Change> wanted = new ArrayList<>();
        for (int i = lowerBound(byKey, range.start()); i < byKey.size(); i++) {
            Change change = byKey.get(i);
            if (!range.contains(change.key)) {
                break;
            }
            if (change.revision >= need.fromRevision && need.group.wants(change.delete)) {
                wanted.add(change);
            }
        }
        wanted.sort(Comparator.<Change>comparingLong(change -> change.revision).thenComparingInt(change -> change.sub));
        List<WatchEvent> events = new ArrayList<>(wanted.size());
        long coversTo = windowCoversTo;
        long bytes = 0;
        long bytesBefore = 0;
        long revision = 0;
        for (Change change : wanted) {
            if (change.revision != revision) {
                if (bytes > share) {
                    coversTo = change.revision - 1;
                    break;
                }
                revision = change.revision;
                bytesBefore = bytes;
            }
            byte[] kv = change.kv();
            if (kv == null) {
                if (newest.get().compactedRevision() > need.fromRevision) {
                    return null;
                }
                throw new StoreException("the store has lost a record of revision " + change.revision);
            }
            byte[] previous = need.group.previous() ? previous(change) : null;
            events.add(new WatchEvent(change.revision, change.delete, kv, previous));
            bytes += kv.length + (previous == null ? 0 : previous.length);
            if (bytes - bytesBefore > values.maxAnswerBytes()) {
                // A revision goes out whole or not at all, and this one would take the server's memory.
                throw new TooMuch(change.revision);
            }
        }
        return new Found(events.isEmpty() ? List.of() : encoder.bodies(events, coversTo), coversTo);
    }

    /** The pair before a change; null if there was none, and as in etcd also if it lies below the compacted revision. */
    private byte[] previous(Change change) {
        if (change.revision - 1 < newest.get().compactedRevision()) {
            return null;
        }
        try {
            return change.previous();
        } catch (RangeReader.RecordGone e) {
            if (change.revision - 1 < newest.get().compactedRevision()) {
                return null;
            }
            throw new StoreException("the store has lost the pair before revision " + change.revision, e);
        }
    }

    private static int lowerBound(List<Change> byKey, byte[] key) {
        int low = 0;
        int high = byKey.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Arrays.compareUnsigned(byKey.get(middle).key, key) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private Window window(long from) {
        // The newest revision is read before the events are: what is committed in between is for the next round.
        long newestRevision = newest.get().revision();
        List<EventBatch> batches = recent.from(from);
        return batches != null ? inMemory(batches, from, newestRevision) : onDisk(from, newestRevision);
    }

    private Window inMemory(List<EventBatch> batches, long from, long newestRevision) {
        WindowBuilder window = new WindowBuilder(null);
        for (EventBatch batch : batches) {
            if (batch.lastRevision() > newestRevision) {
                break;
            }
            for (Event event : batch.events()) {
                if (event.revision() < from) {
                    continue;
                }
                if (window.endsBefore(event.revision())) {
                    return window.upTo(event.revision() - 1);
                }
                window.add(recent(event), event.kv().length);
            }
        }
        return window.upTo(newestRevision);
    }

    private Change recent(Event event) {
        return new Change(event.revision(), event.sub(), event.delete(), event.key()) {
            @Override
            byte[] kv() {
                return event.kv();
            }

            @Override
            byte[] previous() {
                return event.previous() == null ? null : values.full(event.previous());
            }
        };
    }

    /** Takes changes, in order, until there is enough; never a part of a revision. */
    private static final class WindowBuilder {
        private final List<Change> changes = new ArrayList<>();
        private final RecordReader records;
        private long bytes;

        WindowBuilder(RecordReader records) {
            this.records = records;
        }

        boolean endsBefore(long revision) {
            return (changes.size() >= WINDOW_EVENTS || bytes >= WINDOW_BYTES)
                    && !changes.isEmpty()
                    && changes.get(changes.size() - 1).revision != revision;
        }

        void add(Change change, int size) {
            changes.add(change);
            bytes += size;
        }

        Window upTo(long revision) {
            return new Window(changes, revision, records);
        }
    }

    private Window onDisk(long from, long newestRevision) {
        RecordReader records = new RecordReader(storage);
        WindowBuilder window = new WindowBuilder(records);
        try (ReadOptions read = new ReadOptions();
                RocksIterator it = storage.iterator(Storage.Family.EVENTS, read)) {
            for (it.seek(HistoryKey.event(from, 0)); it.isValid(); it.next()) {
                byte[] position = it.key();
                long revision = HistoryKey.eventMain(position);
                if (revision > newestRevision) {
                    break;
                }
                if (window.endsBefore(revision)) {
                    return window.upTo(revision - 1);
                }
                StoredEvent event = StoredEvent.decode(it.value());
                window.add(stored(revision, HistoryKey.eventSub(position), event, records), event.key().length);
            }
            Storage.check(it);
        }
        return window.upTo(newestRevision);
    }

    private Change stored(long revision, int sub, StoredEvent event, RecordReader records) {
        return new Change(revision, sub, event.delete(), event.key()) {
            @Override
            byte[] kv() {
                return delete
                        ? KeyValueRecord.encode(key, 0, revision, 0, new byte[0], 0)
                        : storage.get(Storage.Family.HISTORY, HistoryKey.of(key, revision, sub));
            }

            @Override
            byte[] previous() {
                if (event.previousRevision() == 0) {
                    return null;
                }
                byte[] record = records.find(key, event.previousRevision());
                if (record == null) {
                    throw new RangeReader.RecordGone(event.previousRevision());
                }
                return record;
            }
        };
    }

    @Override
    public void close() {
        worker.shutdown();
        Threads.join(worker);
    }
}
