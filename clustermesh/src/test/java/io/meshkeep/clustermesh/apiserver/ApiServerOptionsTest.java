package io.meshkeep.clustermesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.clustermesh.kvstore.SyncStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ApiServerOptionsTest {
    private static ApiServerOptions parse(String... arguments) {
        return ApiServerOptions.parse(List.of(arguments), Map.of());
    }

    /** As Cilium 1.16's chart renders it. */
    @Test
    void theCommandLineOfCiliumsChartIsUnderstood() {
        ApiServerOptions options = parse(
                "--debug",
                "--cluster-name=one",
                "--cluster-id=3",
                "--kvstore-opt=etcd.config=/var/lib/cilium/etcd-config.yaml",
                "--kvstore-opt=etcd.qps=20",
                "--kvstore-opt=etcd.bootstrapQps=10000",
                "--max-connected-clusters=511",
                "--health-port=9880",
                "--cluster-users-enabled",
                "--cluster-users-config-path=/var/lib/cilium/etcd-config/users.yaml",
                "--enable-external-workloads=true",
                "--prometheus-serve-addr=:9962",
                "--controller-group-metrics=all",
                "--clustermesh-enable-mcs-api");
        assertThat(options.cluster().name()).isEqualTo("one");
        assertThat(options.cluster().id()).isEqualTo(3);
        assertThat(options.cluster().maxConnectedClusters()).isEqualTo(511);
        assertThat(options.cluster().serviceExportsEnabled()).contains(true);
        assertThat(options.etcdConfig()).contains(Path.of("/var/lib/cilium/etcd-config.yaml"));
        assertThat(options.limits()).isEqualTo(new ApiServerOptions.Limits(20, 10_000, SyncStore.Settings.IN_FLIGHT));
        assertThat(options.healthPort()).hasValue(9880);
        assertThat(options.metricsAddress()).contains(":9962");
        assertThat(options.usersFile()).contains(Path.of("/var/lib/cilium/etcd-config/users.yaml"));
        assertThat(options.externalWorkloads()).isTrue();
        assertThat(options.serviceExports()).isTrue();
        assertThat(options.endpointSlices()).isFalse();
        assertThat(options.debug()).isTrue();
        assertThat(options.storeArguments()).isEmpty();
    }

    @Test
    void theDefaultsAreCiliumsWithAStoreInTheProcess() {
        ApiServerOptions options = parse();
        assertThat(options.cluster().name()).isEqualTo("default");
        assertThat(options.etcdConfig()).isEmpty();
        assertThat(options.leaseTtl()).isEqualTo(Duration.ofMinutes(15));
        assertThat(options.usersFile()).isEmpty();
        assertThat(options.remoteClusters()).isEmpty();
        assertThat(options.metricsAddress()).isEmpty();
        assertThat(options.statusAddress()).isEqualTo(new ApiServerOptions.StatusAddress("localhost:9889", false));
    }

    @Test
    void aStatusAddressThatIsGivenIsToldFromTheUsualOne() {
        assertThat(parse("--api-serve-addr=localhost:9889").statusAddress())
                .isEqualTo(new ApiServerOptions.StatusAddress("localhost:9889", true));
        assertThat(parse("--api-serve-addr=").statusAddress().text()).isEmpty();
    }

    @Test
    void otherFlagsAreTheStores() {
        ApiServerOptions options = parse(
                "--data-dir",
                "/data",
                "--cluster-name",
                "one",
                "--client-cert-auth",
                "--listen-client-urls=http://[::1]:1");
        assertThat(options.storeArguments())
                .containsExactly("--data-dir", "/data", "--client-cert-auth", "--listen-client-urls=http://[::1]:1");
        assertThatThrownBy(() -> parse("--etcd-config=f", "--data-dir=d")).hasMessageContaining("--data-dir=d");
    }

    @Test
    void variablesCountWhereThereIsNoFlag() {
        ApiServerOptions options = ApiServerOptions.parse(
                List.of("--cluster-id=5"), Map.of("CILIUM_CLUSTER_NAME", "env", "CILIUM_CLUSTER_ID", "6"));
        assertThat(options.cluster().name()).isEqualTo("env");
        assertThat(options.cluster().id()).isEqualTo(5);
    }

    @Test
    void whatIsWrongIsSaidInOneLine() {
        assertThatThrownBy(() -> parse("--cluster-id=x")).hasMessage("--cluster-id=x is not a number");
        assertThatThrownBy(() -> parse("--cluster-id=999")).hasMessage("--cluster-id=999 is not between 0 and 511");
        assertThatThrownBy(() -> parse("--cluster-name")).hasMessage("--cluster-name needs a value");
        assertThatThrownBy(() -> parse("--kvstore-opt=x")).hasMessageContaining("key=value");
        assertThatThrownBy(() -> parse("--kvstore-lease-ttl=1s")).hasMessageContaining("between 25s and 24h");
        assertThatThrownBy(() -> parse("--enable-external-workloads=maybe")).hasMessageContaining("true or false");
        assertThatThrownBy(() -> parse("--kvstore=consul")).hasMessageContaining("etcd");
    }
}
