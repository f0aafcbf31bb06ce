package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.store.StateMachine.Write;
import io.meshkeep.store.Storage.Family;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBatch;

/** The encoding of a batch must be what RocksDB itself makes of the same writes, byte for byte. */
class BatchEncodingTest {
    @TempDir
    private static Path dir;

    @BeforeAll
    static void load() {
        RocksLibrary.load(dir);
    }

    @Test
    void isRocksDbsOwn() throws Exception {
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        descriptors.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY));
        for (Family family : Family.values()) {
            descriptors.add(new ColumnFamilyDescriptor(family.name().getBytes(StandardCharsets.US_ASCII)));
        }
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try (DBOptions options = new DBOptions().setCreateIfMissing(true).setCreateMissingColumnFamilies(true);
                RocksDB db = RocksDB.open(options, dir.resolve("db").toString(), descriptors, handles)) {
            List<ColumnFamilyHandle> families = handles.subList(1, handles.size());
            int[] ids = families.stream().mapToInt(ColumnFamilyHandle::getID).toArray();
            for (int seed = 0; seed < 50; seed++) {
                List<Write> writes = writes(new SplittableRandom(seed));
                int size = (int) BatchEncoding.size(writes, ids);
                assertThat(BatchEncoding.encode(writes, ids, size)).isEqualTo(rocksDbs(writes, families));
            }
            handles.forEach(ColumnFamilyHandle::close);
        }
    }

    /** From none to some hundred writes, with keys and values whose lengths take one to three bytes. */
    private static List<Write> writes(SplittableRandom random) {
        List<Write> writes = new ArrayList<>();
        for (int left = random.nextInt(1 << random.nextInt(10)); left > 0; left--) {
            Family family = Family.values()[random.nextInt(Family.values().length)];
            byte[] key = bytes(random, 1 << random.nextInt(10));
            byte[] value = random.nextInt(4) == 0 ? null : bytes(random, 1 << random.nextInt(16));
            writes.add(new Write(family, key, value));
        }
        return writes;
    }

    private static byte[] bytes(SplittableRandom random, int bound) {
        byte[] bytes = new byte[random.nextInt(bound)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] rocksDbs(List<Write> writes, List<ColumnFamilyHandle> families) throws Exception {
        try (WriteBatch batch = new WriteBatch()) {
            for (Write write : writes) {
                ColumnFamilyHandle family = families.get(write.family().ordinal());
                if (write.value() == null) {
                    batch.delete(family, write.key());
                } else {
                    batch.put(family, write.key(), write.value());
                }
            }
            return batch.data();
        }
    }
}
