package io.meshkeep.loadtest.embedded;

import io.meshkeep.loadtest.load.Recorder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** What a disk, and RocksDB on it, can do with writes that are to last. */
public final class Disk {
    /** What a put of 200 bytes with its key and revisions comes to. */
    static final int RECORD_BYTES = 260;

    private static final int KEY_BYTES = 30;
    private static final int KEYS = 10_000;

    private Disk() {}

    /**
     * A record appended to a growing file, and {@code fdatasync}, again and again.
     *
     * @return the times of both, in nanoseconds
     */
    public static Histogram append(Path directory, Duration time) throws IOException {
        Path file = directory.resolve("append");
        Histogram latency = Recorder.newHistogram();
        byte[] record = new byte[RECORD_BYTES];
        new SplittableRandom(1).nextBytes(record);
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            long end = System.nanoTime() + time.toNanos();
            for (long begin = System.nanoTime(); begin < end; begin = System.nanoTime()) {
                channel.write(ByteBuffer.wrap(record));
                channel.force(false);
                latency.recordValue(System.nanoTime() - begin);
            }
        }
        Files.delete(file);
        return latency;
    }

    /**
     * Batches of puts to RocksDB, each synced, one after the other. For each put there is a key with its value and a
     * short record beside it, as the store has them.
     *
     * @return the times of the batches, in nanoseconds
     */
    public static Histogram rocksDb(Path directory, int batch, Duration time) throws IOException {
        RocksDB.loadLibrary();
        Path data = Files.createTempDirectory(directory, "rocksdb");
        Histogram latency = Recorder.newHistogram();
        SplittableRandom random = new SplittableRandom(1);
        byte[] value = new byte[RECORD_BYTES - KEY_BYTES];
        random.nextBytes(value);
        try (Options options = new Options().setCreateIfMissing(true).setRecycleLogFileNum(4);
                RocksDB db = RocksDB.open(options, data.toString());
                WriteOptions synced = new WriteOptions().setSync(true)) {
            long number = 0;
            long end = System.nanoTime() + time.toNanos();
            for (long begin = System.nanoTime(); begin < end; begin = System.nanoTime()) {
                try (WriteBatch puts = new WriteBatch()) {
                    for (int i = 0; i < batch; i++) {
                        puts.put(key('k', random.nextInt(KEYS), number), value);
                        puts.put(key('e', number, 0), key('k', number, number));
                        number++;
                    }
                    db.write(synced, puts);
                }
                latency.recordValue(System.nanoTime() - begin);
            }
        } catch (RocksDBException e) {
            throw new IOException("RocksDB: " + e.getMessage(), e);
        }
        return latency;
    }

    private static byte[] key(char kind, long first, long second) {
        return ByteBuffer.allocate(KEY_BYTES)
                .put((byte) kind)
                .putLong(KEY_BYTES - 2 * Long.BYTES, first)
                .putLong(KEY_BYTES - Long.BYTES, second)
                .array();
    }
}
