package io.meshkeep.clustermesh.kvstore;

import static io.meshkeep.clustermesh.kvstore.TestServer.bytes;
import static io.meshkeep.clustermesh.kvstore.TestServer.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.server.MeshkeepServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ChannelKvstoreTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private MeshkeepServer server;
    private ChannelKvstore kvstore;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start(directory.resolve("a"));
        kvstore = ChannelKvstore.embedded(server);
    }

    @AfterEach
    void stop() {
        kvstore.close();
        server.close();
    }

    @Test
    void pairsAreWrittenReadAndDeleted() {
        long revision = get(kvstore.put("a", bytes("1"), 0));
        assertThat(get(kvstore.get("a"))).contains(new Kvstore.Pair("a", bytes("1"), revision, 0));
        assertThat(get(kvstore.create("a", bytes("2"), 0))).isFalse();
        assertThat(get(kvstore.create("b", bytes("2"), 0))).isTrue();
        assertThat(get(kvstore.delete("a"))).isTrue();
        assertThat(get(kvstore.delete("a"))).isFalse();
        assertThat(get(kvstore.get("a"))).isEmpty();
        assertThat(kvstore.clusterId()).isNotZero();
    }

    @Test
    void aPrefixIsListedInPagesAndDeletedAtOnce() {
        List<CompletableFuture<Long>> writes = new ArrayList<>();
        for (int i = 0; i < 2 * ChannelKvstore.PAGE + 1; i++) {
            writes.add(kvstore.put("p/" + i, bytes("v" + i), 0));
        }
        writes.forEach(TestServer::get);
        get(kvstore.put("q", bytes("other"), 0));

        Kvstore.Listing listing = get(kvstore.list("p/"));
        assertThat(listing.pairs()).hasSize(2 * ChannelKvstore.PAGE + 1);
        assertThat(listing.pairs().stream().map(Kvstore.Pair::key).distinct()).hasSize(2 * ChannelKvstore.PAGE + 1);
        assertThat(get(kvstore.deletePrefix("p/"))).isEqualTo(2 * ChannelKvstore.PAGE + 1);
        assertThat(TestServer.pairs(kvstore, "")).isEqualTo(Map.of("q", "other"));
    }

    @Test
    void anErrorHasEtcdsText() {
        assertThatThrownBy(() -> get(kvstore.put("a", bytes("1"), 12345)))
                .hasStackTraceContaining("etcdserver: requested lease not found");
        assertThatThrownBy(() -> get(kvstore.keepAlive(12345)))
                .hasStackTraceContaining("etcdserver: requested lease not found");
    }

    @Test
    void aFollowerIsToldTheListAndThenEveryChangeInOrder() {
        get(kvstore.put("p/a", bytes("1"), 0));
        get(kvstore.put("x", bytes("1"), 0));
        Recorder recorder = new Recorder();
        Kvstore.Follow follow = kvstore.follow("p/", recorder);
        await().atMost(PATIENCE).until(() -> recorder.lists() == 1);
        get(kvstore.put("p/b", bytes("2"), 0));
        get(kvstore.put("p/a", bytes("3"), 0));
        get(kvstore.delete("p/b"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(recorder.log())
                        .containsExactly("put p/a=1", "listed", "put p/b=2", "put p/a=3", "deleted p/b"));
        follow.close();

        Recorder second = new Recorder();
        kvstore.follow("p/", second);
        get(kvstore.put("p/c", bytes("4"), 0));
        await().atMost(PATIENCE).until(() -> second.pairs().containsKey("p/c"));
        assertThat(recorder.pairs()).isEqualTo(Map.of("p/a", "3"));
    }

    @Test
    void manyPrefixesAreFollowedOverOneStream() {
        List<Recorder> recorders = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            recorders.add(new Recorder());
            kvstore.follow("p" + i + "/", recorders.get(i));
        }
        List<CompletableFuture<Long>> writes = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            writes.add(kvstore.put("p" + i % 50 + "/" + i, bytes("v"), 0));
        }
        writes.forEach(TestServer::get);
        for (Recorder recorder : recorders) {
            await().atMost(PATIENCE).until(() -> recorder.pairs().size() == 20);
        }
    }

    @Test
    void aFollowerThatWasAwayDuringACompactionIsToldTheDifference() throws Exception {
        int port = TestServer.port(server);
        try (ChannelKvstore remote = ChannelKvstore.connect(TestServer.config(server))) {
            get(remote.put("p/stays", bytes("1"), 0));
            get(remote.put("p/changes", bytes("1"), 0));
            get(remote.put("p/goes", bytes("1"), 0));
            Recorder recorder = new Recorder();
            remote.follow("p/", recorder);
            await().atMost(PATIENCE).until(() -> recorder.lists() == 1);

            server.close();
            // nobody can reach it while it changes
            server = TestServer.start(directory.resolve("a"), 0, 1);
            try (ChannelKvstore local = ChannelKvstore.embedded(server)) {
                get(local.put("p/changes", bytes("2"), 0));
                get(local.delete("p/goes"));
                long last = get(local.put("p/new", bytes("1"), 0));
                compact(last);
            }
            server.close();
            server = TestServer.start(directory.resolve("a"), port, 1);

            await().atMost(PATIENCE).until(() -> recorder.lists() == 2);
            assertThat(recorder.log())
                    .containsExactlyInAnyOrder(
                            "put p/stays=1",
                            "put p/changes=1",
                            "put p/goes=1",
                            "listed",
                            "put p/changes=2",
                            "put p/new=1",
                            "deleted p/goes",
                            "listed");
            assertThat(recorder.failures()).isPositive();
        }
    }

    @Test
    void anEtcdThatWasReplacedIsListedAnewAndItsLeasesAreLost() throws Exception {
        int port = TestServer.port(server);
        try (ChannelKvstore remote = ChannelKvstore.connect(TestServer.config(server))) {
            get(remote.put("p/old", bytes("1"), 0));
            Kvstore.Lease lease = get(remote.grant(Duration.ofMinutes(15)));
            Recorder recorder = new Recorder();
            remote.follow("p/", recorder);
            await().atMost(PATIENCE).until(() -> recorder.lists() == 1);
            long before = remote.clusterId();

            server.close();
            server = TestServer.start(directory.resolve("b"), port, 1_000_000);
            try (ChannelKvstore local = ChannelKvstore.embedded(server)) {
                get(local.put("p/new", bytes("1"), 0));
            }

            await().atMost(PATIENCE).until(() -> recorder.pairs().equals(Map.of("p/new", "1")));
            get(lease.lost());
            assertThat(remote.clusterId()).isNotEqualTo(before);
        }
    }

    @Test
    void aLeaseLivesAsLongAsItIsKeptAliveAndIsTakenOverByItsId() {
        Kvstore.Lease lease = get(kvstore.grant(Duration.ofSeconds(2)));
        get(kvstore.put("leased", bytes("1"), lease.id()));
        try (ChannelKvstore second = ChannelKvstore.embedded(server)) {
            Kvstore.Lease same = get(second.keepAlive(lease.id()));
            assertThat(same.id()).isEqualTo(lease.id());
            assertThat(same.ttl()).isEqualTo(Duration.ofSeconds(2));
            lease.close();
            // twice its time and more
            await().pollDelay(Duration.ofSeconds(5)).atMost(PATIENCE).until(() -> true);
            assertThat(get(kvstore.get("leased"))).isPresent();
            assertThat(same.lost()).isNotDone();
        }
        await().atMost(PATIENCE).until(() -> get(kvstore.get("leased")).isEmpty());
        assertThat(lease.lost()).isNotDone();
    }

    @Test
    void aLeaseThatIsRevokedIsLost() {
        Kvstore.Lease lease = get(kvstore.grant(Duration.ofSeconds(2)));
        ManagedChannel channel =
                InProcessChannelBuilder.forName(server.inProcessName()).build();
        LeaseGrpc.newBlockingStub(channel)
                .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease.id()).build());
        channel.shutdownNow();
        get(lease.lost());
    }

    @Test
    void aClosedClientRefusesCalls() {
        kvstore.close();
        assertThatThrownBy(() -> get(kvstore.get("a"))).hasStackTraceContaining("the client is closed");
        assertThatThrownBy(() -> get(kvstore.keepAlive(1))).hasStackTraceContaining("the client is closed");
    }

    @Test
    void anEndpointThatIsDownIsPassedOver() throws Exception {
        EtcdConfig config = EtcdConfig.parse(
                "endpoints: ['http://127.0.0.1:1', 'http://[127.0.0.1]:" + TestServer.port(server) + "']");
        try (ChannelKvstore remote = ChannelKvstore.connect(config)) {
            Recorder recorder = new Recorder();
            remote.follow("", recorder);
            await().atMost(PATIENCE).until(() -> recorder.lists() > 0);
            get(kvstore.put("a", bytes("1"), 0));
            await().atMost(PATIENCE).until(() -> recorder.pairs().containsKey("a"));
        }
    }

    private void compact(long revision) {
        ManagedChannel channel =
                InProcessChannelBuilder.forName(server.inProcessName()).build();
        KVGrpc.newBlockingStub(channel)
                .compact(CompactionRequest.newBuilder()
                        .setRevision(revision)
                        .setPhysical(true)
                        .build());
        channel.shutdownNow();
    }

    static Optional<String> value(Kvstore kvstore, String key) {
        return get(kvstore.get(key)).map(pair -> pair.value().toStringUtf8());
    }
}
