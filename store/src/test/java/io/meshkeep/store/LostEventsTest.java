package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.proto.WatchResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

/** Watches that need what cannot be read, or cannot be sent at once: they end and say why, and others do not notice. */
class LostEventsTest {
    @TempDir
    Path directory;

    private static StoreOptions.Builder options() {
        return StoreOptions.builder().unsafeNoSync(true).recentEventBytes(1);
    }

    /** Damages the only file of the events. */
    private void damageEvents() throws Exception {
        String store = directory.resolve("store").toString();
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        try (Options options = new Options()) {
            for (byte[] name : RocksDB.listColumnFamilies(options, store)) {
                families.add(new ColumnFamilyDescriptor(name));
            }
        }
        List<Path> files = new ArrayList<>();
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try (DBOptions options = new DBOptions();
                RocksDB db = RocksDB.openReadOnly(options, store, families, handles)) {
            for (LiveFileMetaData file : db.getLiveFilesMetaData()) {
                if (new String(file.columnFamilyName()).equals("events")) {
                    files.add(Path.of(file.path(), file.fileName()));
                }
            }
        }
        assertThat(files).hasSize(1);
        byte[] bytes = Files.readAllBytes(files.get(0));
        bytes[bytes.length / 4] ^= 4;
        Files.write(files.get(0), bytes);
    }

    @Test
    void aWatchThatNeedsDamagedEventsEndsAndSaysWhy() throws Exception {
        try (Store store = Store.open(directory, options().build())) {
            for (int i = 0; i < 3000; i++) {
                TestStore.put(store, "key" + i, "v");
            }
            store.defragment();
        }
        damageEvents();
        try (Store store = Store.open(directory, options().build())) {
            FakeTransport live = FakeTransport.on(store);
            live.create(Requests.watchAll().build());
            FakeTransport late = FakeTransport.on(store);
            late.create(Requests.watchAll().setStartRevision(2).build());
            Await.until("the late watch ends", () -> cancelled(late) != null);
            WatchResponse end = cancelled(late);
            assertThat(end.getCancelReason()).isEqualTo("etcdserver: the events cannot be read");
            assertThat(end.getHeader().getRevision()).isZero();
            assertThat(store.watches().watcherCount()).isEqualTo(1);

            TestStore.put(store, "key", "after");
            live.awaitProgress();
            assertThat(live.eventCount()).isEqualTo(1);
            assertThat(store.range(Requests.all().build()).count()).isEqualTo(3001);
            long before = late.eventCount();
            late.create(Requests.watchAll().build());
            TestStore.put(store, "key", "after");
            late.awaitProgress();
            assertThat(late.eventCount()).isEqualTo(before + 1);
        }
    }

    private static WatchResponse cancelled(FakeTransport transport) {
        return transport.received().stream()
                .filter(WatchResponse::getCanceled)
                .findFirst()
                .orElse(null);
    }

    /** Pairs before that are not in memory: read piece by piece, and not at all if one revision has too much of them. */
    @Test
    void pairsBeforeAreReadInPiecesAndNotBeyondTheLimit() {
        int values = 12;
        int length = 1 << 20;
        try (Store store = Store.open(
                directory,
                StoreOptions.builder()
                        .unsafeNoSync(true)
                        .maxAnswerBytes(8L << 20)
                        .build())) {
            for (int i = 0; i < values; i++) {
                TestStore.write(store, new Command.Put(Requests.put("key" + i, Requests.longValue(length, i))));
            }
            FakeTransport withPrevious = FakeTransport.on(store);
            withPrevious.create(Requests.watchAll().setPrevKv(true).build());
            FakeTransport without = FakeTransport.on(store);
            without.create(Requests.watchAll().build());
            List<Command> puts = new ArrayList<>();
            for (int i = 0; i < values; i++) {
                puts.add(new Command.Put(Requests.put("key" + i, Requests.longValue(length, -i))));
            }
            TestStore.writeAll(store, puts);
            withPrevious.awaitProgress();
            assertThat(withPrevious.eventCount()).isEqualTo(values);

            TestStore.write(store, new Command.DeleteRange(Requests.delete("\0", "\0", false)));
            Await.until("the watch ends", () -> cancelled(withPrevious) != null);
            assertThat(cancelled(withPrevious).getCancelReason()).contains("larger than this server may send at once");
            assertThat(withPrevious.eventCount()).isEqualTo(values);
            without.awaitProgress();
            assertThat(without.eventCount()).isEqualTo(2 * values);
            assertThat(cancelled(without)).isNull();
        }
    }
}
