package io.meshkeep.clustermesh.kvstore;

import static io.meshkeep.clustermesh.kvstore.TestServer.bytes;
import static io.meshkeep.clustermesh.kvstore.TestServer.get;
import static io.meshkeep.clustermesh.kvstore.TestServer.pairs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.server.MeshkeepServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class SyncStoreTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final SyncStore.Settings SETTINGS =
            SyncStore.Settings.of("p").withCanary("synced/p");

    @TempDir
    Path directory;

    private MeshkeepServer server;
    private ChannelKvstore kvstore;
    private LeasePool leases;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start(directory.resolve("a"));
        connect();
    }

    private void connect() {
        kvstore = ChannelKvstore.embedded(server);
        leases = new LeasePool(kvstore);
    }

    /** As the end of a process does it: nothing is revoked. */
    private void disconnect() {
        leases.close();
        kvstore.close();
    }

    @AfterEach
    void stop() {
        disconnect();
        server.close();
    }

    private static void awaitIdle(SyncStore store) {
        await().atMost(PATIENCE).until(() -> store.pending() == 0);
    }

    @Test
    void theCanaryIsWrittenAfterAllThatWasWantedBefore() {
        Recorder recorder = new Recorder();
        kvstore.follow("", recorder);
        await().atMost(PATIENCE).until(() -> recorder.lists() == 1);
        SyncStore store = SyncStore.start(kvstore, leases, SETTINGS);
        for (int i = 0; i < 3000; i++) {
            store.upsert("k" + i, bytes("v" + i));
        }
        store.delete("k7");
        assertThat(store.isSynced()).isFalse();
        get(store.synced());
        assertThat(pairs(kvstore, "p/")).hasSize(2999).doesNotContainKey("p/k7").containsEntry("p/k8", "v8");
        await().atMost(PATIENCE).until(() -> recorder.pairs().containsKey("synced/p"));
        assertThat(recorder.log().stream().filter(line -> line.startsWith("put p/")))
                .hasSizeLessThanOrEqualTo(3000);
        assertThat(recorder.log().get(recorder.log().size() - 1)).startsWith("put synced/p=20");
        assertThat(store.pending()).isZero();
    }

    @Test
    void aLeaseTakesSoManyKeysAndNoMore() {
        LeasePool small = new LeasePool(kvstore, LeasePool.TTL, 100);
        SyncStore store = SyncStore.start(kvstore, small, SETTINGS);
        for (int i = 0; i < 1000; i++) {
            store.upsert("k" + i, bytes("v"));
        }
        get(store.synced());
        Map<Long, Long> keysByLease = get(kvstore.list("")).pairs().stream()
                .collect(Collectors.groupingBy(Kvstore.Pair::lease, Collectors.counting()));
        assertThat(keysByLease).hasSize(11).doesNotContainKey(0L);
        assertThat(keysByLease.values()).allMatch(keys -> keys <= 100);
        small.close();
    }

    @Test
    void aValueThatIsThereAlreadyIsNotWrittenAgain() {
        SyncStore store = SyncStore.start(kvstore, leases, SETTINGS);
        store.upsert("a", bytes("1"));
        get(store.synced());
        long writes = store.writes();
        store.upsert("a", bytes("1"));
        store.delete("never there");
        store.upsert("a", bytes("2"));
        awaitIdle(store);
        assertThat(store.writes()).isEqualTo(writes + 1);
        assertThat(pairs(kvstore, "p/")).isEqualTo(Map.of("p/a", "2"));
    }

    @Test
    void keysOfALostLeaseAreWrittenAgain() {
        SyncStore store = SyncStore.start(kvstore, leases, SETTINGS);
        for (int i = 0; i < 100; i++) {
            store.upsert("k" + i, bytes("v"));
        }
        get(store.synced());
        // the keys are gone at once; the client notices with its next write
        revokeAll();
        assertThat(pairs(kvstore, "")).isEmpty();
        store.upsert("another", bytes("v"));
        await().atMost(PATIENCE).until(() -> pairs(kvstore, "").size() == 102);
        assertThat(get(kvstore.list("")).pairs()).allMatch(pair -> pair.lease() != 0);
    }

    @Test
    void anotherProcessTakesOverWhatIsRightAndDeletesWhatIsNotWanted() throws Exception {
        SyncStore first = SyncStore.start(kvstore, leases, SETTINGS);
        for (int i = 0; i < 100; i++) {
            first.upsert("k" + i, bytes("v"));
        }
        get(first.synced());
        get(kvstore.put("p/without a lease", bytes("v"), 0));
        List<Kvstore.Pair> before = get(kvstore.list("")).pairs();
        first.close();
        disconnect();
        connect();
        Recorder recorder = new Recorder();
        kvstore.follow("", recorder);
        await().atMost(PATIENCE).until(() -> recorder.lists() == 1);
        int known = recorder.log().size();

        SyncStore second = SyncStore.start(kvstore, leases, SETTINGS);
        for (int i = 0; i < 99; i++) {
            second.upsert("k" + i, bytes(i == 0 ? "new" : "v"));
        }
        second.upsert("without a lease", bytes("v"));
        get(second.synced());
        await().atMost(PATIENCE).until(() -> recorder.log().size() >= known + 3);
        assertThat(recorder.log().subList(known, recorder.log().size()))
                .containsExactlyInAnyOrder("put p/k0=new", "put p/without a lease=v", "deleted p/k99");
        assertThat(second.writes()).isEqualTo(3);
        assertThat(get(kvstore.list("")).pairs())
                .filteredOn(pair -> !pair.key().matches("p/(k0|without a lease)"))
                .isSubsetOf(before);
        assertThat(get(kvstore.list("")).pairs()).allMatch(pair -> pair.lease() != 0);
    }

    @Test
    void aRestartOfTheStoreRewritesNothing() throws Exception {
        int port = TestServer.port(server);
        try (ChannelKvstore remote = ChannelKvstore.connect(TestServer.config(server));
                LeasePool pool = new LeasePool(remote)) {
            SyncStore store = SyncStore.start(remote, pool, SETTINGS);
            for (int i = 0; i < 100; i++) {
                store.upsert("k" + i, bytes("v"));
            }
            get(store.synced());
            List<Kvstore.Pair> before = get(remote.list("")).pairs();
            server.close();
            server = TestServer.start(directory.resolve("a"), port, 1);
            store.upsert("new", bytes("v"));
            awaitIdle(store);
            List<Kvstore.Pair> after = get(remote.list("")).pairs();
            assertThat(after).hasSize(before.size() + 1).containsAll(before);
        }
    }

    @Test
    void anEmptyStoreInItsPlaceIsFilledAgain() throws Exception {
        int port = TestServer.port(server);
        try (ChannelKvstore remote = ChannelKvstore.connect(TestServer.config(server));
                LeasePool pool = new LeasePool(remote)) {
            SyncStore store = SyncStore.start(remote, pool, SETTINGS);
            for (int i = 0; i < 100; i++) {
                store.upsert("k" + i, bytes("v"));
            }
            get(store.synced());
            server.close();
            server = TestServer.start(directory.resolve("b"), port, 1_000_000);
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> pairs(remote, "").size() == 101);
        }
    }

    @Test
    void aKeyThatIsRefusedHoldsUpNoOtherAndIsTriedAgain() {
        SyncStore store = SyncStore.start(kvstore, leases, SETTINGS);
        store.upsert("large", ByteString.copyFrom(new byte[2 << 20]));
        for (int i = 0; i < 100; i++) {
            store.upsert("k" + i, bytes("v"));
        }
        var synced = store.synced();
        await().atMost(PATIENCE).until(() -> pairs(kvstore, "p/").size() == 100 && store.errors() > 1);
        assertThat(synced).isNotDone();
        store.upsert("large", bytes("small"));
        get(synced);
        assertThat(pairs(kvstore, "p/")).hasSize(101);
    }

    /** However fast writes are wanted, the store sees a few calls: those without answer, and then full ones. */
    @Test
    void whatWaitsForAnAnswerGoesOutTogether() {
        LeasePool large = new LeasePool(kvstore, LeasePool.TTL, 10_000);
        WriteCalls calls = new WriteCalls(kvstore);
        CompletableFuture<Void> answers = new CompletableFuture<>();
        calls.hold(answers);
        SyncStore store = SyncStore.start(calls.kvstore(), large, SETTINGS);
        store.upsert("first", bytes("v"));
        await().atMost(PATIENCE).until(() -> calls.sizes().size() == 1);
        for (int i = 0; i < 1000; i++) {
            store.upsert("k" + i, bytes("v"));
        }
        assertThat(calls.sizes()).containsExactly(1, 1, 1, 1);
        answers.complete(null);
        get(store.synced());
        assertThat(pairs(kvstore, "p/")).hasSize(1001);
        // seven times as many as a transaction takes, the rest, and the canary
        assertThat(calls.sizes()).containsExactly(1, 1, 1, 1, 128, 128, 128, 128, 128, 128, 128, 101, 1);
        large.close();
    }

    @Test
    void anEtcdThatRefusesALargeTransactionIsFilledKeyByKey() throws Exception {
        try (MeshkeepServer strict = MeshkeepServer.builder()
                        .dataDir(directory.resolve("strict"))
                        .listen("127.0.0.1", 0)
                        .configure(config ->
                                config.unsafeNoFsync(true).trustInProcess(true).maxTxnOps(10))
                        .build()
                        .start();
                ChannelKvstore client = ChannelKvstore.embedded(strict);
                LeasePool pool = new LeasePool(client)) {
            get(client.put("p/left over", bytes("v"), 0));
            WriteCalls calls = new WriteCalls(client);
            SyncStore store = SyncStore.start(calls.kvstore(), pool, SETTINGS);
            Map<String, String> wanted = new TreeMap<>();
            for (int i = 0; i < 1000; i++) {
                store.upsert("k" + i, bytes("v" + i));
                wanted.put("p/k" + i, "v" + i);
            }
            get(store.synced());
            assertThat(calls.sizes()).anyMatch(size -> size > 10);
            assertThat(pairs(client, "p/")).isEqualTo(wanted);
            for (int i = 0; i < 1000; i += 2) {
                store.delete("k" + i);
                wanted.remove("p/k" + i);
            }
            awaitIdle(store);
            assertThat(pairs(client, "p/")).isEqualTo(wanted);
            assertThat(store.errors()).isZero();
        }
    }

    @Test
    void aKeyThatIsRefusedIsToldFromThoseOfItsTransaction() {
        WriteCalls calls = new WriteCalls(kvstore);
        CompletableFuture<Void> answers = new CompletableFuture<>();
        calls.hold(answers);
        calls.refuse("p/bad");
        SyncStore store = SyncStore.start(calls.kvstore(), leases, SETTINGS);
        for (int i = 0; i < 50; i++) {
            store.upsert("before" + i, bytes("v"));
        }
        store.upsert("bad", bytes("v"));
        for (int i = 0; i < 50; i++) {
            store.upsert("after" + i, bytes("v"));
        }
        answers.complete(null);
        var synced = store.synced();
        await().atMost(PATIENCE).until(() -> pairs(kvstore, "p/").size() == 100 && store.errors() > 1);
        assertThat(store.pending()).isEqualTo(1);
        assertThat(synced).isNotDone();
        calls.allowAll();
        get(synced);
        assertThat(pairs(kvstore, "p/")).hasSize(101).containsEntry("p/bad", "v");
        assertThat(store.pending()).isZero();
        // those that were refused with it have not failed
        assertThat(store.errors()).isEqualTo(calls.refusedAlone());
    }

    @Test
    void writesKeepToTheRate() {
        // a hundred at once, and then no more within the test's life
        RateLimit limit = new RateLimit(100, () -> 0);
        SyncStore store = SyncStore.start(kvstore, leases, SETTINGS.withRate(limit));
        for (int i = 0; i < 300; i++) {
            store.upsert("k" + i, bytes("v"));
        }
        await().atMost(PATIENCE).until(() -> store.writes() == 100);
        assertThat(store.pending()).isEqualTo(200);
        limit.change(0);
        get(store.synced());
        assertThat(pairs(kvstore, "p/")).hasSize(300);
    }

    /** Whatever happens in between, the store ends as it was last wanted. */
    @Test
    void randomChangesWithLeasesThatAreLostEndRight() {
        Random random = new Random(1);
        LeasePool small = new LeasePool(kvstore, Duration.ofSeconds(6), 20);
        SyncStore store = SyncStore.start(kvstore, small, SETTINGS.withInFlight(8));
        Map<String, String> wanted = new TreeMap<>();
        for (int i = 0; i < 5000; i++) {
            String key = "k" + random.nextInt(100);
            if (random.nextInt(4) == 0) {
                store.delete(key);
                wanted.remove("p/" + key);
            } else {
                String value = "v" + random.nextInt(3);
                store.upsert(key, bytes(value));
                wanted.put("p/" + key, value);
            }
            if (i == 1000) {
                store.synced();
            }
            if (i % 1000 == 500) {
                awaitIdle(store);
                revokeAll();
            }
        }
        // the last to be revoked is noticed when it is written under
        for (int i = 0; i < 100; i++) {
            store.upsert("last" + i, bytes("v"));
            wanted.put("p/last" + i, "v");
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(pairs(kvstore, "p/")).isEqualTo(wanted));
        small.close();
    }

    private void revokeAll() {
        ManagedChannel channel =
                InProcessChannelBuilder.forName(server.inProcessName()).build();
        for (Kvstore.Pair pair : get(kvstore.list("")).pairs()) {
            if (new TreeSet<>(revoked).add(pair.lease())) {
                revoked.add(pair.lease());
                LeaseGrpc.newBlockingStub(channel)
                        .leaseRevoke(LeaseRevokeRequest.newBuilder()
                                .setID(pair.lease())
                                .build());
            }
        }
        channel.shutdownNow();
    }

    private final TreeSet<Long> revoked = new TreeSet<>();
}
