package io.meshkeep.store;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/**
 * Reads back the newest record of every key, at the start. Several threads read a part of the keys each, and the parts
 * are handed on in the order of their keys while others are still being read. Nothing may be written meanwhile.
 */
final class HistoryScan {
    private static final long READAHEAD = 2 << 20;

    /** The name of the threads that read. */
    static final String THREAD = "meshkeep-recovery";

    /** Older versions of a key that are passed by stepping, which is faster than a seek for the few that most have. */
    private static final int STEPS = 8;

    /** Gives an iterator over the history. */
    interface Source {
        RocksIterator iterator(ReadOptions options);
    }

    /** What was found between two bounds, ordered by key. */
    static final class Part {
        private final List<byte[]> records = new ArrayList<>();
        private final List<byte[]> mesh = new ArrayList<>();
        private final Map<Long, List<byte[]>> attached = new HashMap<>();
        private long residentBytes;

        /** The resident forms of the records. */
        List<byte[]> records() {
            return records;
        }

        /** The full records that may say something of a mesh. */
        List<byte[]> mesh() {
            return mesh;
        }

        /** The keys that are attached to a lease, for each lease. */
        Map<Long, List<byte[]>> attached() {
            return attached;
        }

        long residentBytes() {
            return residentBytes;
        }

        private void add(byte[] full, boolean withMesh) {
            byte[] record = KeyValueRecord.resident(full);
            records.add(record);
            residentBytes += KeyValueRecord.heapSize(record);
            if (withMesh && MeshMaintenance.mayConcernRecord(record)) {
                mesh.add(full);
            }
            long lease = KeyValueRecord.lease(record);
            if (lease != 0) {
                attached.computeIfAbsent(lease, id -> new ArrayList<>()).add(KeyValueRecord.key(record));
            }
        }
    }

    private final Source source;
    private final boolean withMesh;

    HistoryScan(Source source, boolean withMesh) {
        this.source = source;
        this.withMesh = withMesh;
    }

    /**
     * Reads all.
     *
     * @param bounds where parts begin, ascending: history entries without their revisions. The first part begins at the
     *     first key
     * @param threads how many read; with one part the caller does
     * @param taker takes the parts, on the caller's thread
     */
    void read(List<byte[]> bounds, int threads, Consumer<Part> taker) {
        if (bounds.isEmpty()) {
            taker.accept(part(null, null));
            return;
        }
        ExecutorService readers = Executors.newFixedThreadPool(Math.min(threads, bounds.size() + 1), task -> {
            Thread thread = new Thread(task, THREAD);
            thread.setDaemon(true);
            return thread;
        });
        try {
            Queue<Future<Part>> parts = new ArrayDeque<>();
            for (int i = 0; i <= bounds.size(); i++) {
                byte[] from = i == 0 ? null : bounds.get(i - 1);
                byte[] to = i == bounds.size() ? null : bounds.get(i);
                parts.add(readers.submit(() -> part(from, to)));
            }
            // each is let go of once it is taken
            while (!parts.isEmpty()) {
                taker.accept(parts.remove().get());
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoreException failure) {
                throw failure;
            }
            throw new StoreException("cannot read the store back: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException("interrupted while the store was read back", e);
        } finally {
            readers.shutdownNow();
            // After a failure the database is closed, which must not be under a reader.
            Threads.join(readers);
        }
    }

    private Part part(byte[] from, byte[] to) {
        Part part = new Part();
        try (Slice bound = to == null ? null : new Slice(to);
                ReadOptions options =
                        new ReadOptions().setReadaheadSize(READAHEAD).setFillCache(false)) {
            if (bound != null) {
                options.setIterateUpperBound(bound);
            }
            try (RocksIterator it = source.iterator(options)) {
                if (from == null) {
                    it.seekToFirst();
                } else {
                    it.seek(from);
                }
                read(it, part);
                Storage.check(it);
            }
        }
        return part;
    }

    private void read(RocksIterator it, Part part) {
        Entry newest = new Entry();
        Entry entry = new Entry();
        int older = 0;
        while (it.isValid()) {
            entry.read(it);
            if (!entry.hasKeyOf(newest)) {
                byte[] value = it.value();
                if (value.length > 0) {
                    part.add(value, withMesh);
                }
                Entry spare = newest;
                newest = entry;
                entry = spare;
                older = 0;
                it.next();
            } else if (++older < STEPS) {
                it.next();
            } else {
                older = 0;
                it.seek(HistoryKey.afterKeyOf(entry.bytes()));
            }
        }
    }

    /** The key of a history entry, in memory that is used again. */
    private static final class Entry {
        private byte[] buffer = new byte[256];
        private int length;

        void read(RocksIterator it) {
            length = it.key(buffer, 0, buffer.length);
            if (length > buffer.length) {
                buffer = new byte[2 * length];
                it.key(buffer, 0, buffer.length);
            }
        }

        boolean hasKeyOf(Entry other) {
            return HistoryKey.sameKey(buffer, length, other.buffer, other.length);
        }

        byte[] bytes() {
            return Arrays.copyOf(buffer, length);
        }
    }
}
