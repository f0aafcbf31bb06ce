package io.meshkeep.clustermesh.sync;

import static io.meshkeep.clustermesh.kvstore.TestServer.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.inprocess.InProcessChannelBuilder;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.LeasePool;
import io.meshkeep.clustermesh.kvstore.TestServer;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.server.MeshkeepServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ControlKeysTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @Test
    void bothAreThereWithALeaseAndAgainWhenItIsLost() throws Exception {
        Cluster cluster = new Cluster("one", 3, 255, Optional.of(false));
        try (MeshkeepServer server = TestServer.start(directory);
                ChannelKvstore kvstore = ChannelKvstore.embedded(server);
                LeasePool leases = new LeasePool(kvstore, Duration.ofSeconds(3), LeasePool.MAX_KEYS);
                ControlKeys keys = ControlKeys.start(kvstore, leases, cluster)) {
            get(keys.published());
            Kvstore.Pair config = get(kvstore.get("cilium/cluster-config/one")).orElseThrow();
            assertThat(config.value().toStringUtf8())
                    .isEqualTo("{\"id\":3,\"capabilities\":{\"syncedCanaries\":true,\"maxConnectedClusters\":255,"
                            + "\"serviceExportsEnabled\":false}}");
            assertThat(config.lease()).isNotZero();
            await().atMost(PATIENCE).until(() -> !keys.lastHeartbeat().equals(Instant.EPOCH));
            Kvstore.Pair heartbeat = get(kvstore.get("cilium/.heartbeat")).orElseThrow();
            assertThat(heartbeat.value().toStringUtf8())
                    .isEqualTo(keys.lastHeartbeat().toString())
                    .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");

            var channel =
                    InProcessChannelBuilder.forName(server.inProcessName()).build();
            LeaseGrpc.newBlockingStub(channel)
                    .leaseRevoke(LeaseRevokeRequest.newBuilder()
                            .setID(config.lease())
                            .build());
            channel.shutdownNow();
            await().atMost(PATIENCE)
                    .until(() -> get(kvstore.get("cilium/.heartbeat")).isPresent()
                            && get(kvstore.get("cilium/cluster-config/one")).isPresent());
        }
    }

    @Test
    void theHeartbeatIsWrittenAgainAndAgainAndTheConfigurationWhenItIsAnother() throws Exception {
        Duration often = Duration.ofMillis(50);
        try (MeshkeepServer server = TestServer.start(directory);
                ChannelKvstore kvstore = ChannelKvstore.embedded(server);
                LeasePool leases = new LeasePool(kvstore);
                ControlKeys keys = ControlKeys.start(kvstore, leases, Cluster.of("one", 3), often, often)) {
            get(keys.published());
            Kvstore.Pair config = get(kvstore.get("cilium/cluster-config/one")).orElseThrow();
            for (int beats = 0; beats < 5; beats++) {
                long last = revision(kvstore, "cilium/.heartbeat");
                await().atMost(PATIENCE).until(() -> revision(kvstore, "cilium/.heartbeat") > last);
            }
            assertThat(get(kvstore.get("cilium/cluster-config/one"))).contains(config);

            get(kvstore.put("cilium/cluster-config/one", TestServer.bytes("another"), 0));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(get(kvstore.get("cilium/cluster-config/one")))
                            .hasValueSatisfying(pair -> {
                                assertThat(pair.value()).isEqualTo(config.value());
                                assertThat(pair.lease()).isEqualTo(config.lease());
                            }));
            // right, but under no lease: it would outlive us
            get(kvstore.put("cilium/cluster-config/one", config.value(), 0));
            await().atMost(PATIENCE)
                    .until(() -> get(kvstore.get("cilium/cluster-config/one"))
                                    .orElseThrow()
                                    .lease()
                            == config.lease());
        }
    }

    private static long revision(Kvstore kvstore, String key) {
        return get(kvstore.get(key)).map(Kvstore.Pair::modRevision).orElse(0L);
    }
}
