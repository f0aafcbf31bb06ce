package io.meshkeep.clustermesh.kvstoremesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.meshkeep.clustermesh.apiserver.ApiServerOptions;
import io.meshkeep.clustermesh.apiserver.Part;
import io.meshkeep.clustermesh.sync.Cluster;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class KvstoreMeshPartTest {
    private static final ApiServerOptions.StatusAddress NOWHERE = new ApiServerOptions.StatusAddress("", true);

    private static ApiServerOptions options(long id, Optional<Path> clusters) {
        return options(id, clusters, NOWHERE);
    }

    private static ApiServerOptions options(
            long id, Optional<Path> clusters, ApiServerOptions.StatusAddress statusAddress) {
        return new ApiServerOptions(
                new Cluster("local", id, 255, Optional.empty()),
                Optional.empty(),
                new ApiServerOptions.Limits(0, 0, 1),
                Duration.ofMinutes(15),
                false,
                Optional.empty(),
                false,
                false,
                "",
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                clusters,
                statusAddress,
                false,
                List.of());
    }

    @Test
    void itMirrorsInTheProcessOfTheSynchronisation(@TempDir Path directory) throws Exception {
        Path clusters = Files.createDirectory(directory.resolve("clusters"));
        try (Pod local = new Pod(directory.resolve("local"), "local", 1);
                Pod east = new Pod(directory.resolve("east"), "east", 7)) {
            east.announce();
            east.put("cilium/state/nodes/v1/east/n", "{}");
            Files.copy(east.configOf("remote"), clusters.resolve("east"));
            PrometheusRegistry registry = new PrometheusRegistry();
            Part.Context context = new Part.Context(options(1, Optional.of(clusters)), local.store(), null, registry);
            try (Part part = KvstoreMeshPart.start(context).orElseThrow()) {
                await().atMost(Duration.ofSeconds(60)).until(part::isReady);
                assertThat(local.pairs("cilium/cache/")).containsOnlyKeys("cilium/cache/nodes/v1/east/n");
                assertThat(registry.scrape().stream()
                                .map(metric -> metric.getMetadata().getPrometheusName()))
                        .contains("cilium_kvstoremesh_remote_clusters");
            }
        }
    }

    @Test
    void itIsLeftOutUnlessItIsAskedFor() throws IOException {
        assertThat(KvstoreMeshPart.start(
                        new Part.Context(options(1, Optional.empty()), null, null, new PrometheusRegistry())))
                .isEmpty();
    }

    @Test
    void aClusterWithoutANumberCannotMirrorOthers(@TempDir Path clusters) {
        assertThatThrownBy(() -> KvstoreMeshPart.start(
                        new Part.Context(options(0, Optional.of(clusters)), null, null, new PrometheusRegistry())))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cluster-id is 0");
    }

    @Test
    void aStatusAddressThatWasAskedForIsHadOrNothingStarts(@TempDir Path directory) throws Exception {
        Path clusters = Files.createDirectory(directory.resolve("clusters"));
        try (Pod local = new Pod(directory.resolve("local"), "local", 1);
                ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String taken = "127.0.0.1:" + other.getLocalPort();
            assertThatThrownBy(() -> start(local, clusters, new ApiServerOptions.StatusAddress(taken, true)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("--api-serve-addr: ")
                    .hasMessageContaining(taken);
            try (Part without = start(local, clusters, new ApiServerOptions.StatusAddress(taken, false))) {
                await().atMost(Duration.ofSeconds(60)).until(without::isReady);
            }
            other.close();
            try (Part with = start(local, clusters, new ApiServerOptions.StatusAddress(taken, true))) {
                await().atMost(Duration.ofSeconds(60)).until(with::isReady);
                HttpResponse<String> status = HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create("http://" + taken + "/v1/cluster"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());
                assertThat(status.statusCode()).isEqualTo(200);
            }
        }
    }

    private static Part start(Pod local, Path clusters, ApiServerOptions.StatusAddress statusAddress)
            throws IOException {
        return KvstoreMeshPart.start(new Part.Context(
                        options(1, Optional.of(clusters), statusAddress),
                        local.store(),
                        null,
                        new PrometheusRegistry()))
                .orElseThrow();
    }
}
