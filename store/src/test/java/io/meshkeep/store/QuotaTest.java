package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.AlarmType;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A small quota can be used to nearly its end, and not beyond. */
class QuotaTest {
    private static final long QUOTA = 16 << 20;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(ints = {1 << 10, 64 << 10, 1 << 20})
    void noSpaceComesNearTheQuota(int valueBytes) {
        StoreOptions options =
                StoreOptions.builder().unsafeNoSync(true).quotaBytes(QUOTA).build();
        try (Store store = Store.open(directory, options)) {
            long written = 0;
            for (int i = 0; store.snapshot().alarms().isEmpty(); i++) {
                ByteString value = Requests.longValue(valueBytes, i);
                if (TestStore.write(store, new Command.Put(Requests.put(String.format("key%08d", i), value)))
                        instanceof MvccModel.Answer.Ok) {
                    written += valueBytes;
                }
            }
            assertThat(store.snapshot().alarms()).extracting(Alarm::type).containsExactly(AlarmType.NOSPACE);
            assertThat(written).isLessThan(QUOTA);
            // the rest is what RocksDB needs beside the values, and less than one more of them
            assertThat(written).isGreaterThan(QUOTA - QUOTA / 25 - valueBytes - written / valueBytes * 300);
            assertThat(store.size()).isBetween(QUOTA - QUOTA / 25 - valueBytes, QUOTA + QUOTA / 100);
        }
    }
}
