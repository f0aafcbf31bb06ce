package io.meshkeep.clustermesh.kvstoremesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.TestServer;
import io.meshkeep.server.MeshkeepServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many clusters at once into an empty store. As many as the largest mesh has, and how long it took, with
 * {@code -Dmeshkeep.bootstrap.clusters=254}; the other clusters are then one store under many names, so that it measures
 * this side.
 */
@Timeout(600)
class BootstrapTest {
    private static final int CLUSTERS = Integer.getInteger("meshkeep.bootstrap.clusters", 12);
    private static final boolean MEASURED = CLUSTERS > 100;
    private static final int NODES = 100;
    private static final int IDENTITIES = MEASURED ? 100 : 10;
    private static final int ENDPOINTS = MEASURED ? 1000 : 150;

    @Test
    void everyEntryOfManyClustersIsMirroredOnce(@TempDir Path directory) throws Exception {
        Path clusters = Files.createDirectory(directory.resolve("clusters"));
        try (MeshkeepServer there = TestServer.start(directory.resolve("there"));
                MeshkeepServer here = MeshkeepServer.builder()
                        .dataDir(directory.resolve("here"))
                        .listen("127.0.0.1", 0)
                        .configure(config -> config.trustInProcess(true).unsafeNoFsync(!MEASURED))
                        .build()
                        .start();
                Kvstore remote = ChannelKvstore.embedded(there);
                ChannelKvstore local = ChannelKvstore.embedded(here)) {
            fill(remote);
            for (int i = 1; i <= CLUSTERS; i++) {
                Files.writeString(
                        clusters.resolve("c" + i),
                        "endpoints: [\"http://127.0.0.1:" + TestServer.port(there) + "\"]\n");
            }
            long cpu = cpu();
            long begun = System.nanoTime();
            try (KvstoreMesh mesh = KvstoreMesh.start(
                    new KvstoreMeshConfig(
                            "here",
                            CLUSTERS + 1,
                            255,
                            clusters,
                            Duration.ofMinutes(5),
                            Duration.ofMinutes(9),
                            true,
                            KvstoreMeshConfig.LocalLimits.NONE,
                            KvstoreMeshConfig.Timing.DEFAULT),
                    local)) {
                mesh.ready().get(9, TimeUnit.MINUTES);
                double seconds = (System.nanoTime() - begun) / 1e9;
                long writes = 0;
                for (RemoteCluster cluster : mesh.clusters()) {
                    assertThat(cluster.status().ready()).isTrue();
                    for (Mirror mirror : cluster.mirrors().values()) {
                        assertThat(mirror.errors()).isZero();
                        writes += mirror.entries();
                    }
                }
                long expected = (long) CLUSTERS * (NODES + IDENTITIES + ENDPOINTS);
                assertThat(writes).isEqualTo(expected);
                assertThat(TestServer.get(local.list("cilium/cache/")).pairs())
                        .hasSize((int) expected)
                        .allMatch(pair -> pair.lease() != 0);
                if (MEASURED) {
                    System.out.printf(
                            "%d entries of %d clusters: %.1f s, %.1f s of CPU, both sides%n",
                            expected, CLUSTERS, seconds, (cpu() - cpu) / 1e9);
                }
            }
        }
    }

    private static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean)
                        java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static void fill(Kvstore remote) {
        List<CompletableFuture<?>> writes = new ArrayList<>();
        write(remote, writes, "cilium/.heartbeat", Pod.NOW);
        for (int i = 1; i <= CLUSTERS; i++) {
            String name = "c" + i;
            write(
                    remote,
                    writes,
                    "cilium/cluster-config/" + name,
                    "{\"id\":" + i + ",\"capabilities\":{\"syncedCanaries\":true,\"maxConnectedClusters\":255}}");
            for (String kind : List.of("nodes", "services", "identities", "ip")) {
                write(remote, writes, "cilium/synced/" + name + "/cilium/state/" + kind + "/v1", Pod.NOW);
            }
            for (int n = 0; n < NODES; n++) {
                write(remote, writes, "cilium/state/nodes/v1/" + name + "/node-" + n, "n".repeat(MEASURED ? 730 : 10));
            }
        }
        for (int i = 0; i < IDENTITIES; i++) {
            write(remote, writes, "cilium/state/identities/v1/id/" + i, "k8s:app=" + "x".repeat(200) + ";");
        }
        for (int i = 0; i < ENDPOINTS; i++) {
            write(remote, writes, "cilium/state/ip/v1/default/10.0." + i / 250 + "." + i % 250, "e".repeat(160));
        }
        writes.forEach(TestServer::get);
    }

    private static void write(Kvstore remote, List<CompletableFuture<?>> writes, String key, String value) {
        writes.add(remote.put(key, TestServer.bytes(value), 0));
    }
}
