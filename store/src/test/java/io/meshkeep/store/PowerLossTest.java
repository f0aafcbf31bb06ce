package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * Batches are appended while an earlier one is synced, so a power cut finds what is not synced in any state on the disk,
 * also in two log files at once. What comes back must be a prefix that holds all that was synced.
 */
class PowerLossTest {
    private static final byte[] COUNT = "count".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private static Path dir;

    @BeforeAll
    static void load() {
        RocksLibrary.load(dir);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void leavesAPrefixWithAllThatWasSynced(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        Path copy = dir.resolve("copy-" + seed);
        int synced = 100 + random.nextInt(400);
        try (Opened store = new Opened(dir.resolve("store-" + seed))) {
            // so that the log files are not synced on the way to a flush
            store.db.pauseBackgroundWork();
            int batch = 0;
            while (batch < synced) {
                store.append(batch++, random);
            }
            store.db.syncWal();
            Path first = logs(store.directory).get(0);
            long safe = Files.size(first);
            assertThat(logs(store.directory)).hasSize(1);
            while (logs(store.directory).size() < 2) {
                store.append(batch++, random);
            }
            for (int more = random.nextInt(200); more > 0; more--) {
                store.append(batch++, random);
            }
            copy(store.directory, copy);
            damage(copy.resolve(first.getFileName()), safe, random);
            if (random.nextBoolean()) {
                damage(logs(copy).get(1), 0, random);
            }
            store.db.continueBackgroundWork();
        }
        try (Opened store = new Opened(copy)) {
            int count = store.count();
            assertThat(count).isGreaterThanOrEqualTo(synced);
            for (int i = 0; i < count; i++) {
                assertThat(store.holds(i)).as("batch %d of %d", i, count).isTrue();
            }
            assertThat(store.holds(count)).isFalse();
            // and it goes on from there
            store.append(count, random);
            store.db.syncWal();
        }
        try (Opened store = new Opened(copy)) {
            assertThat(store.holds(store.count() - 1)).isTrue();
        }
    }

    /** What a disk may leave of what was not synced: less, or pages that were never written. */
    private static void damage(Path file, long safe, SplittableRandom random) throws IOException {
        try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "rw")) {
            long at = safe + random.nextLong(log.length() - safe);
            if (random.nextBoolean()) {
                log.setLength(at);
            } else {
                log.seek(at);
                log.write(new byte[(int) Math.min(4096, log.length() - at)]);
            }
        }
    }

    private static List<Path> logs(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .sorted()
                    .toList();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    /** RocksDB with the store's options and two families, of which both are in each batch. */
    private static final class Opened implements AutoCloseable {
        private final Path directory;
        private final DBOptions options = Storage.dbOptions();
        private final ColumnFamilyOptions family = new ColumnFamilyOptions().setWriteBufferSize(256 << 10);
        private final WriteOptions unsynced = new WriteOptions();
        private final List<ColumnFamilyHandle> handles = new ArrayList<>();
        private final RocksDB db;

        Opened(Path directory) throws RocksDBException {
            this.directory = directory;
            this.db = RocksDB.open(
                    options,
                    directory.toString(),
                    List.of(
                            new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family),
                            new ColumnFamilyDescriptor("other".getBytes(StandardCharsets.US_ASCII), family)),
                    handles);
        }

        void append(int number, SplittableRandom random) throws RocksDBException {
            byte[] value = new byte[1 + random.nextInt(600)];
            random.nextBytes(value);
            try (WriteBatch batch = new WriteBatch()) {
                batch.put(handles.get(0), key(number), value);
                batch.put(handles.get(1), COUNT, key(number + 1));
                db.write(unsynced, batch);
            }
        }

        int count() throws RocksDBException {
            byte[] count = db.get(handles.get(1), COUNT);
            return count == null ? 0 : ByteBuffer.wrap(count).getInt();
        }

        boolean holds(int number) throws RocksDBException {
            return db.get(handles.get(0), key(number)) != null;
        }

        private static byte[] key(int number) {
            return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
        }

        @Override
        public void close() {
            handles.forEach(ColumnFamilyHandle::close);
            db.close();
            unsynced.close();
            family.close();
            options.close();
        }
    }
}
