package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.AlarmType;
import io.meshkeep.proto.PutRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksIterator;

/** What several threads read back is what one does. */
class HistoryScanTest {
    private static final StoreOptions OPTIONS =
            StoreOptions.builder().unsafeNoSync(true).build();

    private static final long LEASE = 77;

    @TempDir
    Path directory;

    /** All that a scan found, in a form that can be compared. */
    private record Found(List<String> records, List<String> mesh, Map<Long, List<String>> attached, long bytes) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void isTheSameWhereverItIsCut(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (Store store = Store.open(directory, OPTIONS)) {
            RandomCommands commands = new RandomCommands(random.split());
            for (int i = 0; i < 500; i++) {
                TestStore.write(store, commands.next(store.snapshot().revision()));
            }
            // the last of those may have been the deletion of everything, and have left an alarm
            for (int member = 1; member <= 2; member++) {
                TestStore.write(store, new Command.DisarmAlarm(new Alarm(member, AlarmType.NOSPACE)));
            }
            TestStore.write(store, new Command.LeaseGrant(LEASE, 3600));
            for (int i = 0; i < 100; i++) {
                TestStore.write(
                        store,
                        new Command.Put(PutRequest.newBuilder()
                                .setKey(ByteString.copyFrom(RandomBytes.key(random, 3)))
                                .setLease(random.nextBoolean() ? LEASE : 0)
                                .build()));
                TestStore.put(store, meshKey(random), "x".repeat(random.nextInt(2) * 5_000));
            }
        }
        try (Storage storage = Storage.open(directory, OPTIONS)) {
            Found whole = scan(storage, List.of(), 1);
            assertThat(whole.records).isNotEmpty();
            assertThat(whole.mesh).isNotEmpty();
            assertThat(whole.attached).isNotEmpty();
            List<byte[]> entries = entries(storage);
            for (int i = 0; i < 10; i++) {
                List<byte[]> bounds = bounds(entries, random);
                assertThat(scan(storage, bounds, 1 + random.nextInt(4)))
                        .as(
                                "cut at %s",
                                bounds.stream().map(HexFormat.of()::formatHex).toList())
                        .isEqualTo(whole);
            }
        }
    }

    private static String meshKey(SplittableRandom random) {
        // some just beside those of the mesh
        String prefix = List.of("cilium/state/", "cilium/cache/", "cilium/statd/", "cilium/state0")
                .get(random.nextInt(4));
        return prefix + "nodes/v1/c/" + random.nextInt(20);
    }

    private static List<byte[]> bounds(List<byte[]> entries, SplittableRandom random) {
        TreeSet<byte[]> bounds = new TreeSet<>(Arrays::compareUnsigned);
        for (int i = 1 + random.nextInt(6); i > 0; i--) {
            bounds.add(HistoryKey.keyPart(entries.get(random.nextInt(entries.size()))));
        }
        return List.copyOf(bounds);
    }

    private static List<byte[]> entries(Storage storage) {
        List<byte[]> entries = new ArrayList<>();
        try (ReadOptions options = new ReadOptions();
                RocksIterator it = storage.iterator(Storage.Family.HISTORY, options)) {
            for (it.seekToFirst(); it.isValid(); it.next()) {
                entries.add(it.key());
            }
        }
        return entries;
    }

    private static Found scan(Storage storage, List<byte[]> bounds, int threads) {
        List<String> records = new ArrayList<>();
        List<String> mesh = new ArrayList<>();
        Map<Long, List<String>> attached = new TreeMap<>();
        long[] bytes = new long[1];
        new HistoryScan(options -> storage.iterator(Storage.Family.HISTORY, options), true)
                .read(bounds, threads, part -> {
                    part.records().forEach(record -> records.add(hex(record)));
                    part.mesh().forEach(record -> mesh.add(hex(record)));
                    part.attached()
                            .forEach((lease, keys) ->
                                    keys.forEach(key -> attached.computeIfAbsent(lease, id -> new ArrayList<>())
                                            .add(hex(key))));
                    bytes[0] += part.residentBytes();
                });
        return new Found(records, mesh, attached, bytes[0]);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** More data than one file holds is read in parts, and comes back as it was. */
    @Test
    void cutsAStoreOfSeveralFiles() {
        SplittableRandom random = new SplittableRandom(1);
        List<byte[]> before;
        try (Store store = Store.open(directory, OPTIONS)) {
            List<Command> puts = new ArrayList<>();
            for (int i = 0; i < 12_000; i++) {
                puts.add(new Command.Put(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(String.format("key/%06d", i)))
                        .setValue(ByteString.copyFrom(RandomBytes.value(random, 4_000)))
                        .build()));
                if (puts.size() == 500) {
                    TestStore.writeAll(store, puts);
                    puts.clear();
                }
            }
            before = everything(store);
        }
        try (Storage storage = Storage.open(directory, OPTIONS)) {
            assertThat(storage.historyParts()).hasSizeGreaterThan(1);
        }
        try (Store store = Store.open(directory, OPTIONS)) {
            assertThat(everything(store))
                    .hasSize(12_000)
                    .usingElementComparator(Arrays::compare)
                    .isEqualTo(before);
        }
    }

    private static List<byte[]> everything(Store store) {
        return store.snapshot().keys().collect(new KeyRange(new byte[0], null, false), 0, false);
    }

    /** A part that cannot be read is told with the reason, and no reader is left behind. */
    @Test
    void tellsAFailureOfOnePart() {
        try (Storage storage = Storage.open(directory, OPTIONS)) {
            byte[] bound = HistoryKey.keyPart(HistoryKey.of(new byte[] {'m'}, 1, 0));
            var scan = new HistoryScan(
                    options -> {
                        throw new StoreException("no such file");
                    },
                    false);
            assertThatThrownBy(() -> scan.read(List.of(bound), 2, part -> {}))
                    .isInstanceOf(StoreException.class)
                    .hasMessage("no such file");
        }
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain(HistoryScan.THREAD);
    }
}
