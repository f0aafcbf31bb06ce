package io.meshkeep.clustermesh.apiserver;

import static io.meshkeep.clustermesh.kvstore.TestServer.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.Pem;
import io.meshkeep.clustermesh.http.MonitoringPorts;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.TestServer;
import io.meshkeep.clustermesh.sync.FakeKubernetes;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.TlsConfig;
import io.meshkeep.server.auth.CiliumUsers;
import io.meshkeep.store.AuthState;
import io.meshkeep.store.Command;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole process, but for its command line. */
@Timeout(120)
class ApiServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final FakeKubernetes api = new FakeKubernetes();
    private final HttpClient http = HttpClient.newHttpClient();

    @AfterEach
    void stop() throws Exception {
        api.close();
    }

    private ApiServerOptions options(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--cluster-name=one",
                "--cluster-id=3",
                "--health-port=0",
                "--prometheus-serve-addr=127.0.0.1:0",
                "--k8s-api-server=" + api.url()));
        arguments.addAll(List.of(more));
        return ApiServerOptions.parse(arguments, Map.of());
    }

    private ServerConfig store() {
        return ServerConfig.builder()
                .dataDir(directory.resolve("data"))
                .listen("127.0.0.1", 0)
                .unsafeNoFsync(true)
                .build();
    }

    private HttpResponse<String> ask(InetSocketAddress address, String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static Map<?, ?> node(String name) {
        return Map.of(
                "apiVersion", "cilium.io/v2", "kind", "CiliumNode", "metadata", Map.of("name", name), "spec", Map.of());
    }

    @Test
    void storeAndSynchronisationRunInOneProcess() throws Exception {
        api.put(node("worker"));
        try (ApiServer server = ApiServer.start(options(), store(), List.of())) {
            await().atMost(PATIENCE).until(server::isReady);
            MeshkeepServer store = server.store().orElseThrow();
            try (ChannelKvstore client = ChannelKvstore.connect(TestServer.config(store))) {
                assertThat(get(client.get("cilium/state/nodes/v1/one/worker"))).isPresent();
                assertThat(get(client.get("cilium/cluster-config/one"))).isPresent();
                await().atMost(PATIENCE)
                        .until(() -> get(client.get("cilium/.heartbeat")).isPresent());
            }
            String metrics =
                    ask(server.metricsAddress().orElseThrow(), "/metrics").body();
            assertThat(metrics)
                    .contains(
                            "cilium_clustermesh_apiserver_kvstore_sync_queue_size{scope=\"nodes/v1\",source_cluster=\"one\"} 0")
                    .contains(
                            "cilium_clustermesh_apiserver_kvstore_sync_errors_total{scope=\"ip/v1\",source_cluster=\"one\"} 0")
                    .contains(
                            "cilium_clustermesh_apiserver_kvstore_initial_sync_completed{action=\"write\",scope=\"services/v1\",source_cluster=\"one\"} 1")
                    .contains("cilium_clustermesh_apiserver_bootstrap_seconds{source_cluster=\"one\"}");
        }
    }

    @Test
    void itIsReadyOnlyWhenEverythingIsSynchronised() throws Exception {
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        Part slow = new Part() {
            @Override
            public boolean isReady() {
                return ready.isDone();
            }

            @Override
            public void close() {}
        };
        try (MonitoringPorts http = new MonitoringPorts();
                ApiServer server = ApiServer.start(options(), store(), List.of(context -> Optional.of(slow)))) {
            InetSocketAddress address = http.health(new InetSocketAddress("127.0.0.1", 0), server::isReady);
            await().atMost(PATIENCE).until(() -> server.stores().stream().allMatch(sync -> sync.isSynced()));
            assertThat(ask(address, "/readyz").statusCode()).isEqualTo(500);
            assertThat(ask(address, "/readyz").body()).isEqualTo("NotReady");
            ready.complete(true);
            await().atMost(PATIENCE).until(() -> ask(address, "/readyz").statusCode() == 200);
            assertThat(ask(address, "/readyz").body()).isEqualTo("Ready");
        }
    }

    @Test
    void anEtcdElsewhereIsUsedWithItsUsers() throws Exception {
        api.put(node("worker"));
        Path users = directory.resolve("users.yaml");
        Files.writeString(users, "users:\n- name: remote-two\n  role: remote\n- name: remote-three\n  role: remote\n");
        try (MeshkeepServer etcd = TestServer.start(directory.resolve("elsewhere"))) {
            CompletableFuture<Void> roles = new CompletableFuture<>();
            etcd.store().write(new Command.Auth(withoutEnabling()), 100, (result, error) -> roles.complete(null));
            get(roles);
            Path config = directory.resolve("etcd-config.yaml");
            Files.writeString(config, "endpoints: [\"http://127.0.0.1:" + TestServer.port(etcd) + "\"]\n");
            try (ApiServer server = ApiServer.start(
                    options(
                            "--etcd-config=" + config,
                            "--cluster-users-enabled",
                            "--cluster-users-config-path=" + users),
                    store(),
                    List.of())) {
                assertThat(server.store()).isEmpty();
                await().atMost(PATIENCE).until(server::isReady);
                await().atMost(PATIENCE)
                        .until(() -> etcd.store().snapshot().auth().user("remote-two") != null
                                && etcd.store().snapshot().auth().user("remote-three") != null);
                Files.writeString(users, "users:\n- name: remote-two\n  role: remote\n");
                await().atMost(PATIENCE)
                        .until(() -> etcd.store().snapshot().auth().user("remote-three") == null);
                assertThat(etcd.store().snapshot().auth().user("remote-two")).isNotNull();
            }
        }
    }

    private static io.meshkeep.store.AuthChange withoutEnabling() {
        var all = (io.meshkeep.store.AuthChange.Sequence) CiliumUsers.forCluster("one", false);
        return new io.meshkeep.store.AuthChange.Sequence(
                all.changes().subList(0, all.changes().size() - 1));
    }

    @Test
    void anEmptyStoreIsGivenCiliumsUsersAndTrustsTheProcess() throws Exception {
        CertificateAuthority authority =
                CertificateAuthority.create("CA", KeyAlgorithm.EC_P256, Duration.ofDays(1), Instant::now);
        Path chain = directory.resolve("tls.crt");
        Path key = directory.resolve("tls.key");
        Path ca = directory.resolve("ca.crt");
        CertificateFiles.write(
                authority.issue(CertificateRequest.server("server", List.of("127.0.0.1")), KeyAlgorithm.EC_P256),
                chain,
                key);
        Files.writeString(ca, Pem.of(authority.certificate()));
        ServerConfig tls = store().toBuilder()
                .listenTls("127.0.0.1", 0, TlsConfig.mutual(chain, key, ca))
                .build();
        try (ApiServer server = ApiServer.start(options(), tls, List.of())) {
            AuthState auth = server.store().orElseThrow().store().snapshot().auth();
            assertThat(auth.isEnabled()).isTrue();
            assertThat(auth.user("admin-one")).isNotNull();
            assertThat(auth.user("local-one")).isNotNull();
            assertThat(auth.user("externalworkload")).isNull();
            await().atMost(PATIENCE).until(server::isReady);
        }
    }

    @Test
    void whatCannotBeStartedIsSaidAndEverythingIsClosed() {
        assertThatThrownBy(() -> ApiServer.start(options("--etcd-config=/nowhere.yaml"), store(), List.of()))
                .hasMessageContaining("/nowhere.yaml does not exist");
        assertThatThrownBy(() -> ApiServer.start(options("--k8s-kubeconfig-path=/nowhere"), store(), List.of()))
                .hasMessageContaining("/nowhere cannot be read");
        assertThatThrownBy(() -> ApiServer.start(options("--prometheus-serve-addr=nonsense"), store(), List.of()))
                .hasMessageContaining("nonsense");
    }
}
