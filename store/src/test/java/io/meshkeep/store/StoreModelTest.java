package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchCreateRequest.FilterType;
import io.meshkeep.proto.WatchResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksIterator;

/** Random commands on a real store on disk, against {@link MvccModel}. */
class StoreModelTest {
    private static final int COMMANDS = 1_200;

    @TempDir
    Path directory;

    private final MvccModel model = new MvccModel();
    private SplittableRandom random;
    private StoreOptions options;
    private Store store;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void answersAsTheModelDoes(long seed) {
        random = new SplittableRandom(seed);
        options = StoreOptions.builder()
                .unsafeNoSync(random.nextBoolean())
                // little memory makes it read from disk, much makes it answer from memory
                .recentEventBytes(random.nextBoolean() ? 500 : 10 << 20)
                .retainedSnapshotBytes(random.nextBoolean() ? 500 : 10 << 20)
                .compactionSlice(1 + random.nextInt(20))
                .build();
        store = Store.open(directory, options);
        try {
            RandomCommands commands = new RandomCommands(random.split());
            for (int done = 0; done < COMMANDS; ) {
                done += writeSome(commands);
                readSome(commands);
                switch (random.nextInt(12)) {
                    case 0 -> readEveryRevision();
                    case 1, 2 -> watchFromEveryRevision();
                    case 3 -> reopen();
                    case 4, 5 -> finishCompaction();
                    default -> {
                        // only write and read
                    }
                }
            }
            finishCompaction();
            readEveryRevision();
            watchFromEveryRevision();
        } finally {
            store.close();
        }
    }

    private int writeSome(RandomCommands commands) {
        List<Command> batch = new ArrayList<>();
        List<MvccModel.Answer> expected = new ArrayList<>();
        for (int i = 1 + random.nextInt(40); i > 0; i--) {
            Command command = commands.next(model.revision());
            batch.add(command);
            expected.add(model.apply(command));
        }
        List<MvccModel.Answer> answers = TestStore.writeAll(store, batch);
        for (int i = 0; i < batch.size(); i++) {
            assertThat(answers.get(i)).as("%s", batch.get(i)).isEqualTo(expected.get(i));
        }
        assertState();
        return batch.size();
    }

    private void assertState() {
        Snapshot snapshot = store.snapshot();
        assertThat(snapshot.revision()).isEqualTo(model.revision());
        assertThat(snapshot.compactedRevision()).isEqualTo(model.compacted());
        assertThat(snapshot.alarms()).isEqualTo(model.alarms());
        assertThat(snapshot.keyCount()).isEqualTo(model.at(model.revision()).size());
        assertThat(snapshot.leaseIds()).containsExactlyElementsOf(model.leases());
        for (long lease : model.leases()) {
            assertThat(snapshot.leaseKeys(lease).stream()
                            .map(ByteString::copyFrom)
                            .toList())
                    .isEqualTo(model.leaseKeys(lease));
        }
    }

    private void readSome(RandomCommands commands) {
        for (int i = 0; i < 10; i++) {
            RangeRequest range = commands.range(model.revision());
            assertThat(TestStore.range(store, range)).as("%s", range).isEqualTo(model.range(range));
        }
        for (int i = 0; i < 5; i++) {
            TxnRequest txn = commands.txn(model.revision());
            if (RequestChecks.isReadOnly(txn)) {
                assertThat(read(txn)).as("%s", txn).isEqualTo(model.apply(new Command.Txn(txn)));
            }
        }
    }

    private MvccModel.Answer read(TxnRequest txn) {
        try {
            return Answers.of(store.read(txn), null);
        } catch (EtcdException refused) {
            return Answers.of(null, refused);
        }
    }

    private void readEveryRevision() {
        for (long revision = model.oldestReadable(); revision <= model.revision(); revision++) {
            RangeRequest all = Requests.all().setRevision(revision).build();
            assertThat(TestStore.range(store, all)).as("at %d", revision).isEqualTo(model.range(all));
            RangeRequest page = all.toBuilder().setLimit(1 + random.nextInt(5)).build();
            assertThat(TestStore.range(store, page)).as("at %d", revision).isEqualTo(model.range(page));
        }
        RangeRequest gone = Requests.all().setRevision(model.compacted() - 1).build();
        assertThat(TestStore.range(store, gone)).isEqualTo(model.range(gone));
    }

    private void reopen() {
        long term = store.raftTerm();
        long cluster = store.clusterId();
        long resident = store.snapshot().residentBytes();
        store.close();
        store = Store.open(directory, options);
        assertThat(store.raftTerm()).isGreaterThan(term);
        assertThat(store.clusterId()).isEqualTo(cluster);
        assertThat(store.snapshot().residentBytes()).isEqualTo(resident);
        assertState();
    }

    // ---- watches

    private void watchFromEveryRevision() {
        FakeTransport transport = FakeTransport.on(store);
        List<WatchCreateRequest> requests = new ArrayList<>();
        List<WatchResponse> created = new ArrayList<>();
        long first = Math.max(model.oldestReadable(), model.revision() - 60);
        for (long start = first; start <= model.revision(); start++) {
            WatchCreateRequest request = watch(start);
            requests.add(request);
            created.add(transport.create(request));
        }
        assertThat(transport.awaitProgress().getHeader().getRevision()).isEqualTo(model.revision());
        for (int i = 0; i < requests.size(); i++) {
            long id = created.get(i).getWatchId();
            new ExpectedEvents(requests.get(i), created.get(i), model.changes())
                    .assertAllIn(transport.received(id), model.compacted());
        }
        transport.stream.close();
    }

    private WatchCreateRequest watch(long start) {
        boolean all = random.nextInt(3) == 0;
        WatchCreateRequest.Builder request =
                Requests.watchAll().setStartRevision(start).setPrevKv(random.nextBoolean());
        if (!all) {
            ByteString key = ByteString.copyFrom(RandomBytes.key(random, 2));
            request.setKey(key).setRangeEnd(random.nextBoolean() ? key.concat(key) : ByteString.EMPTY);
        }
        if (random.nextInt(4) == 0) {
            request.addFilters(random.nextBoolean() ? FilterType.NOPUT : FilterType.NODELETE);
        }
        return request.build();
    }

    // ---- compaction

    private void finishCompaction() {
        if (model.compacted() < 0) {
            return;
        }
        TestStore.get(store.compactionDone());
        store.close();
        Set<String> history = new TreeSet<>();
        Set<String> events = new TreeSet<>();
        try (Storage storage = Storage.open(directory, options)) {
            collect(storage, Storage.Family.HISTORY, history);
            collect(storage, Storage.Family.EVENTS, events);
        }
        assertThat(history).isEqualTo(expectedHistory());
        assertThat(events).isEqualTo(expectedEvents());
        store = Store.open(directory, options);
        assertState();
    }

    private static void collect(Storage storage, Storage.Family family, Set<String> keys) {
        try (ReadOptions read = new ReadOptions();
                RocksIterator it = storage.iterator(family, read)) {
            for (it.seekToFirst(); it.isValid(); it.next()) {
                keys.add(HexFormat.of().formatHex(it.key()));
            }
        }
    }

    private interface Position {
        byte[] of(KeyValue kv, long revision, int sub);
    }

    /** The changes that stay: all above the compacted revision and at it, and what is live at it. */
    private Set<String> expectedHistory() {
        return positions((kv, revision, sub) -> HistoryKey.of(kv.getKey().toByteArray(), revision, sub), change -> {
            KeyValue live = model.at(model.compacted()).get(change.kv().getKey());
            return change.revision() >= model.compacted()
                    || !change.delete() && live != null && live.getModRevision() == change.revision();
        });
    }

    private Set<String> expectedEvents() {
        return positions(
                (kv, revision, sub) -> HistoryKey.event(revision, sub),
                change -> change.revision() >= model.compacted());
    }

    private Set<String> positions(Position position, java.util.function.Predicate<MvccModel.Change> stays) {
        Set<String> positions = new TreeSet<>();
        long revision = 0;
        int sub = 0;
        for (MvccModel.Change change : model.changes()) {
            sub = change.revision() == revision ? sub + 1 : 0;
            revision = change.revision();
            if (stays.test(change)) {
                positions.add(HexFormat.of().formatHex(position.of(change.kv(), revision, sub)));
            }
        }
        return positions;
    }
}
