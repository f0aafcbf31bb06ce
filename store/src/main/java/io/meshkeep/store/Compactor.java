package io.meshkeep.store;

import io.meshkeep.store.StateMachine.Write;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes, in the background and in small steps, the records that a compaction has made unreadable. The compacted
 * revision itself is durable and published before; what is deleted here can be deleted again after a crash, so these
 * writes are not synced.
 *
 * <p>Of every key the newest record at or below the compacted revision stays if it is a put. A tombstone goes, unless
 * it lies exactly at the compacted revision: a watch may start there and must see that delete.
 */
final class Compactor implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Compactor.class);
    private static final long NEVER = -1;

    private final Storage storage;
    private final int slice;
    private final Thread thread;
    private final LongConsumer deletedRecords;
    private final List<Waiter> waiters = new ArrayList<>();

    private record Waiter(long revision, CompletableFuture<Void> done) {}

    private long target;
    private long finished;
    private volatile long lastEndSeconds;
    private boolean closed;

    /** @param deletedRecords told of each slice, how many records it deleted */
    Compactor(String name, Storage storage, int slice, long compactedRevision, LongConsumer deletedRecords) {
        this.deletedRecords = deletedRecords;
        this.storage = storage;
        this.slice = slice;
        this.target = compactedRevision;
        byte[] done = storage.get(Storage.Family.META, StoredMeta.COMPACTION_DONE);
        this.finished = done == null ? NEVER : ByteBuffer.wrap(done).getLong();
        this.thread = new Thread(this::run, name + "-compactor");
        thread.setDaemon(true);
        thread.start();
    }

    /** Asks for the deletion of what lies below a revision; the future ends when it is done, or cannot be done. */
    synchronized CompletableFuture<Void> compact(long revision) {
        if (revision <= finished) {
            // the thread sleeps until there is something to do, so nobody else would tell
            return CompletableFuture.completedFuture(null);
        }
        if (closed) {
            return CompletableFuture.failedFuture(EtcdError.STOPPED.exception());
        }
        target = Math.max(target, revision);
        CompletableFuture<Void> done = new CompletableFuture<>();
        waiters.add(new Waiter(revision, done));
        notifyAll();
        return done;
    }

    /** When the last compaction ended, in seconds since the epoch; 0 if none has. */
    long lastEndSeconds() {
        return lastEndSeconds;
    }

    private void run() {
        try {
            for (long next = awaitTarget(); next != NEVER; next = awaitTarget()) {
                long started = System.nanoTime();
                if (!delete(Math.max(0, finished), next)) {
                    return;
                }
                storage.finishCompaction(next);
                log.debug("compacted up to revision {} in {} ms", next, (System.nanoTime() - started) / 1_000_000);
                finish(next);
            }
        } catch (Throwable t) {
            // also an Error, such as no memory: those who wait must not wait for ever
            log.error("background compaction failed; it goes on at the next start", t);
            synchronized (this) {
                closed = true;
                waiters.forEach(waiter -> waiter.done.completeExceptionally(t));
                waiters.clear();
            }
        }
    }

    private synchronized long awaitTarget() {
        while (!closed && target <= finished) {
            try {
                wait();
            } catch (InterruptedException e) {
                return NEVER;
            }
        }
        return closed ? NEVER : target;
    }

    private synchronized void finish(long revision) {
        finished = revision;
        lastEndSeconds = System.currentTimeMillis() / 1000;
        waiters.removeIf(waiter -> waiter.revision <= revision && waiter.done.complete(null));
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Some changes, in order: the keys that they touch, and where to go on (null at the end). */
    private record Slice(long first, long last, TreeSet<byte[]> keys, byte[] next) {}

    /** Deletes what the changes of revisions {@code from} to {@code to} superseded; false if closed in between. */
    private boolean delete(long from, long to) {
        byte[] position = HistoryKey.event(from, 0);
        while (position != null) {
            if (isClosed()) {
                return false;
            }
            Slice changes = slice(position, to);
            List<Write> deletes = new ArrayList<>();
            try (ReadOptions read = new ReadOptions().setFillCache(false);
                    RocksIterator it = storage.iterator(Storage.Family.HISTORY, read)) {
                for (byte[] key : changes.keys) {
                    superseded(it, key, changes, to, deletes);
                }
            }
            if (!deletes.isEmpty()) {
                storage.writeInBackground(deletes);
                deletedRecords.accept(deletes.size());
            }
            position = changes.next;
        }
        return true;
    }

    private Slice slice(byte[] position, long to) {
        TreeSet<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
        long first = HistoryKey.eventMain(position);
        long last = first;
        try (ReadOptions read = new ReadOptions().setFillCache(false);
                RocksIterator it = storage.iterator(Storage.Family.EVENTS, read)) {
            it.seek(position);
            for (int seen = 0; it.isValid(); it.next(), seen++) {
                byte[] event = it.key();
                if (HistoryKey.eventMain(event) > to) {
                    break;
                }
                if (seen == slice) {
                    return new Slice(first, last, keys, event);
                }
                last = HistoryKey.eventMain(event);
                keys.add(StoredEvent.decode(it.value()).key());
            }
            Storage.check(it);
            return new Slice(first, last, keys, null);
        }
    }

    /**
     * Collects what one key has no use for after the changes of a slice. What lies before the slice was dealt with when
     * its own changes were, but for the one record that was live then; so the scan ends there. Going on would read over
     * all that has just been deleted, again for each slice.
     */
    private static void superseded(RocksIterator it, byte[] key, Slice changes, long to, List<Write> deletes) {
        boolean newest = true;
        it.seek(HistoryKey.atOrBefore(key, changes.last));
        byte[] ofKey = HistoryKey.of(key, 0, 0);
        for (; it.isValid(); it.next()) {
            byte[] entry = it.key();
            if (!HistoryKey.sameKey(entry, ofKey)) {
                break;
            }
            long revision = HistoryKey.main(entry);
            boolean tombstone = it.value().length == 0;
            if (revision != to && (!newest || tombstone)) {
                deletes.add(new Write(Storage.Family.HISTORY, entry, null));
            }
            if (revision < changes.first) {
                break;
            }
            newest = false;
        }
        Storage.check(it);
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            waiters.forEach(waiter -> waiter.done.completeExceptionally(EtcdError.STOPPED.exception()));
            waiters.clear();
            notifyAll();
        }
        Threads.join(thread);
    }
}
