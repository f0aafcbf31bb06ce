package io.meshkeep.clustermesh.kvstoremesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MeshOptionsTest {
    private static MeshOptions parse(String... arguments) {
        return MeshOptions.parse(List.of(arguments), Map.of());
    }

    /** The command line of Cilium 1.16's Helm chart with everything on, and the flags that values may add. */
    @Test
    void theCommandLineOfCiliumsChartIsTaken(@TempDir Path directory) throws IOException {
        Path etcd = Files.writeString(directory.resolve("etcd-config.yaml"), "endpoints:\n- https://127.0.0.1:2379\n");
        MeshOptions options = parse(
                "--debug",
                "--cluster-name=east",
                "--cluster-id=7",
                "--kvstore-opt=etcd.config=" + etcd,
                "--kvstore-opt=etcd.qps=100",
                "--kvstore-opt=etcd.bootstrapQps=10000",
                "--kvstore-opt=etcd.maxInflight=10",
                "--clustermesh-config=/var/lib/cilium/clustermesh",
                "--max-connected-clusters=511",
                "--health-port=9881",
                "--prometheus-serve-addr=:9964",
                "--controller-group-metrics=all",
                "--per-cluster-ready-timeout=20s",
                "--global-ready-timeout=5m",
                "--disable-drain-on-disconnection");
        KvstoreMeshConfig config = options.config();
        assertThat(config.clusterName()).isEqualTo("east");
        assertThat(config.clusterId()).isEqualTo(7);
        assertThat(config.maxConnectedClusters()).isEqualTo(511);
        assertThat(config.directory()).isEqualTo(Path.of("/var/lib/cilium/clustermesh"));
        assertThat(config.perClusterReadyTimeout()).isEqualTo(Duration.ofSeconds(20));
        assertThat(config.globalReadyTimeout()).isEqualTo(Duration.ofMinutes(5));
        assertThat(config.drainOnRemoval()).isFalse();
        assertThat(config.limits()).isEqualTo(new KvstoreMeshConfig.LocalLimits(100, 10_000, 10));
        assertThat(config.timing()).isEqualTo(KvstoreMeshConfig.Timing.DEFAULT);
        assertThat(options.isOn(MeshFlag.DEBUG)).isTrue();
        assertThat(options.localStore().endpoints().get(0)).hasToString("https://127.0.0.1:2379");
        assertThat(options.healthAddress().getPort()).isEqualTo(9881);
        assertThat(options.metricsAddress().orElseThrow().getAddress().isAnyLocalAddress())
                .isTrue();
        assertThat(options.apiAddress().orElseThrow().getPort()).isEqualTo(9889);
        assertThat(options.apiAddress().orElseThrow().getAddress().isLoopbackAddress())
                .isTrue();
    }

    @Test
    void everyFlagIsAVariableTooAndTheFlagWins() {
        Map<String, String> environment =
                Map.of("CILIUM_CLUSTER_NAME", "east", "CILIUM_CLUSTER_ID", "7", "CILIUM_CLUSTERMESH_CONFIG", "/c");
        KvstoreMeshConfig config =
                MeshOptions.parse(List.of("--cluster-id", "8"), environment).config();
        assertThat(config.clusterName()).isEqualTo("east");
        assertThat(config.clusterId()).isEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--cluster-name=|--cluster-name is needed",
                "--cluster-name=East|no name for a cluster",
                "--cluster-name=default|reserves",
                "--cluster-name=a-|no name for a cluster",
                "--cluster-id=0|it is from 1 to 255",
                "--cluster-id=256|it is from 1 to 255",
                "--cluster-id=x|is not a number",
                "--max-connected-clusters=300|255 or 511",
                "--clustermesh-config=|--clustermesh-config is needed",
                "--kvstore-opt=etcd.qps=-1|must not be negative",
                "--kvstore-opt=etcd.maxInflight=0|at least 1",
                "--kvstore-opt=consul.address=x|does not know",
                "--kvstore-opt=etcd.qps|is not KEY=VALUE",
                "--per-cluster-ready-timeout=15|--per-cluster-ready-timeout",
                "--disable-drain-on-disconnection=perhaps|neither true nor false",
                "--kvstore-lease-ttl=1s|from 25s to 24h",
                "--no-such-flag=1|does not know",
            })
    void whatCannotBeMeantIsSaid(String flag, String complaint) {
        List<String> arguments =
                new ArrayList<>(List.of("--cluster-name=east", "--cluster-id=7", "--clustermesh-config=/c"));
        arguments.add(flag);
        assertThatThrownBy(() -> MeshOptions.parse(arguments, Map.of()).config())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(complaint);
    }

    @Test
    void addressesAreHostsAndPorts() {
        assertThat(parse("--api-serve-addr=[::1]:80").apiAddress().orElseThrow().getPort())
                .isEqualTo(80);
        assertThat(parse("--api-serve-addr=").apiAddress()).isEmpty();
        assertThatThrownBy(() -> parse("--api-serve-addr=localhost").apiAddress())
                .hasMessageContaining("has no port");
        assertThatThrownBy(() -> parse("--api-serve-addr=localhost:99999").apiAddress())
                .hasMessageContaining("is no port");
        assertThatThrownBy(() -> parse().localStore()).hasMessageContaining("etcd.config=FILE is needed");
    }

    @Test
    void theHelpNamesEveryFlag() {
        for (MeshFlag flag : MeshFlag.values()) {
            assertThat(KvstoreMeshCommand.help()).contains("--" + flag.flag());
        }
    }
}
