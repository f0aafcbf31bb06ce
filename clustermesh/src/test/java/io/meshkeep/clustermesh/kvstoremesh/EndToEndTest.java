package io.meshkeep.clustermesh.kvstoremesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.Pem;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two clusters, each with a store and a mirror in processes of their own, authorities that know nothing of each other,
 * and a network between them; and agents that do what Cilium's do.
 */
@Timeout(300)
class EndToEndTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String SERVER = "io.meshkeep.server.cli.Main";
    private static final String CLUSTERMESH = "io.meshkeep.clustermesh.cli.Main";

    @TempDir
    Path directory;

    @RegisterExtension
    final CloseAfterEach close = new CloseAfterEach();

    private static void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(condition);
    }

    private static <T> T get(java.util.concurrent.CompletableFuture<T> future) {
        return Pod.get(future);
    }

    /** A cluster's pod: two processes. Its address is the network's, and stays when it is replaced. */
    private final class Cluster {
        private final String name;
        private final int id;
        private final Path home;
        private final Path others;
        /** The way in for others. */
        private final Proxy network;
        /** The way between the pod's own processes. */
        private final Proxy loopback;

        private CertificateAuthority authority;
        private int pods;
        private CommandProcess store;
        private CommandProcess mirror;
        private Kvstore admin;
        private String api;
        private String health;

        Cluster(String name, int id) throws IOException {
            this.name = name;
            this.id = id;
            this.home = Files.createDirectory(directory.resolve(name));
            this.others = Files.createDirectory(home.resolve("clustermesh"));
            this.network = new Proxy();
            this.loopback = new Proxy();
            close.later(network);
            close.later(loopback);
            writeCertificates();
        }

        /** By a new authority. Those for other clusters go to files that their configuration names. */
        private void writeCertificates() throws IOException {
            authority =
                    CertificateAuthority.create("Cilium CA", KeyAlgorithm.EC_P256, Duration.ofDays(9), Instant::now);
            Pod.issue(
                    home,
                    authority,
                    "server",
                    CertificateRequest.server("clustermesh-apiserver.cilium.io", List.of("127.0.0.1")));
            for (String user : List.of("admin-" + name, "remote", "local-" + name, "externalworkload")) {
                Pod.issue(home, authority, user, CertificateRequest.client(user));
            }
            Pod.replace(home.resolve("ca.crt"), Pem.of(authority.certificate()));
        }

        private Path configuration(String user, String endpoint) throws IOException {
            return Pod.configuration(home, user, user, endpoint);
        }

        Path overTheNetwork(String user) throws IOException {
            return configuration(user, "https://127.0.0.1:" + network.port());
        }

        /** Starts the pod: an empty store with Cilium's users, if it is a new one. */
        void startStore(boolean fresh) throws Exception {
            pods += fresh ? 1 : 0;
            Path data = home.resolve("data-" + pods);
            if (fresh) {
                io.meshkeep.server.cli.Main.main(
                        new String[] {"init", "--data-dir", data.toString(), "--cluster-name", name});
            }
            store = CommandProcess.start(
                    SERVER,
                    "serve",
                    "--data-dir=" + data,
                    "--name=clustermesh-apiserver",
                    "--client-cert-auth",
                    "--trusted-ca-file=" + home.resolve("ca.crt"),
                    "--cert-file=" + home.resolve("server.crt"),
                    "--key-file=" + home.resolve("server.key"),
                    "--listen-client-urls=https://127.0.0.1:0",
                    "--initial-cluster-token=" + name + pods,
                    "--auto-compaction-retention=1");
            close.later(store);
        }

        void awaitStore() throws Exception {
            int port = Integer.parseInt(store.await("serves https://127\\.0\\.0\\.1:(\\d+)"));
            network.target(port);
            loopback.target(port);
            Path config = configuration("admin-" + name, "https://127.0.0.1:" + loopback.port());
            admin = ChannelKvstore.connect(EtcdConfig.read(config));
            close.later(admin);
        }

        void startMirror() throws IOException {
            mirror = CommandProcess.start(
                    CLUSTERMESH,
                    "kvstoremesh",
                    "--cluster-name=" + name,
                    "--cluster-id=" + id,
                    "--kvstore-opt=etcd.config=" + home.resolve("admin-" + name + ".yaml"),
                    "--kvstore-opt=etcd.qps=100",
                    "--kvstore-opt=etcd.bootstrapQps=10000",
                    "--kvstore-opt=etcd.maxInflight=10",
                    "--clustermesh-config=" + others,
                    "--health-port=0",
                    "--api-serve-addr=127.0.0.1:0",
                    "--prometheus-serve-addr=127.0.0.1:0",
                    "--controller-group-metrics=all");
            close.later(mirror);
        }

        void awaitMirror() throws Exception {
            health = "http://127.0.0.1:" + mirror.await("/readyz is served on \\S+:(\\d+)") + "/readyz";
            api = "127.0.0.1:" + mirror.await("/v1/cluster is served on \\S+:(\\d+)");
        }

        void kill() throws Exception {
            store.kill();
            mirror.kill();
            admin.close();
            cutConnections();
        }

        void cutConnections() {
            network.cutConnections();
            loopback.cutConnections();
        }

        void connectTo(Cluster other) throws IOException {
            Pod.replace(others.resolve(other.name), Files.readString(other.overTheNetwork("remote")));
        }

        /** What the synchronisation with Kubernetes writes for a small cluster. */
        void publish() {
            put("cilium/.heartbeat", Pod.NOW);
            put(
                    "cilium/cluster-config/" + name,
                    "{\"id\":" + id + ",\"capabilities\":{\"syncedCanaries\":true,\"maxConnectedClusters\":255}}");
            for (int i = 1; i <= 20; i++) {
                change(i, "first");
            }
            for (String kind : List.of("nodes", "services", "identities", "ip")) {
                put("cilium/synced/" + name + "/cilium/state/" + kind + "/v1", Pod.NOW);
            }
        }

        void change(int i, String value) {
            put("cilium/state/nodes/v1/" + name + "/node-" + i, value);
            put("cilium/state/services/v1/" + name + "/default/web-" + i, value);
            put("cilium/state/identities/v1/id/" + (id << 16 | i), "k8s:app=web-" + i + ";");
            put("cilium/state/ip/v1/default/10." + id + ".0." + i, value);
        }

        void put(String key, String value) {
            get(admin.put(key, ByteString.copyFromUtf8(value), 0));
        }

        Map<String, String> pairs(String prefix) {
            Map<String, String> pairs = new TreeMap<>();
            get(admin.list(prefix))
                    .pairs()
                    .forEach(pair -> pairs.put(pair.key(), pair.value().toStringUtf8()));
            return pairs;
        }

        /** How the mirrors of this cluster have to look. */
        Map<String, String> asMirrored() {
            Map<String, String> all = new TreeMap<>();
            for (Resource resource : Resource.values()) {
                String from = resource.remotePrefix(name, false);
                pairs(from)
                        .forEach((key, value) ->
                                all.put(resource.cachePrefix(name) + key.substring(from.length()), value));
            }
            return all;
        }

        Map<String, String> mirrorOf(Cluster other) {
            Map<String, String> all = pairs("cilium/cache/");
            all.keySet().removeIf(key -> !key.contains("/v1/" + other.name + "/"));
            return all;
        }

        void untilMirrors(Cluster other) {
            Map<String, String> expected = other.asMirrored();
            assertThat(expected).hasSizeGreaterThanOrEqualTo(79);
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(50))
                    .untilAsserted(() -> assertThat(mirrorOf(other)).isEqualTo(expected));
        }

        void untilReady() {
            until(() -> http(health).statusCode() == 200);
        }

        String status(String... flags) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            List<String> arguments = new ArrayList<>(List.of("status", "--api-serve-addr", api));
            arguments.addAll(List.of(flags));
            PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
            assertThat(new KvstoreMeshCommand(print, print, Map.of()).run(arguments))
                    .isZero();
            return out.toString(StandardCharsets.UTF_8);
        }
    }

    private static HttpResponse<String> http(String uri) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(uri)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private ScriptedAgent agent(Cluster cluster, String user) throws IOException {
        ScriptedAgent agent = ScriptedAgent.connect(EtcdConfig.read(cluster.overTheNetwork(user)));
        close.later(agent);
        return agent;
    }

    @Test
    void twoClustersStayMirroredThroughAllThatHappensToThem() throws Exception {
        Cluster a = new Cluster("a", 1);
        Cluster b = new Cluster("b", 2);
        for (Cluster cluster : List.of(a, b)) {
            cluster.startStore(true);
        }
        a.connectTo(b);
        b.connectTo(a);
        for (Cluster cluster : List.of(a, b)) {
            cluster.awaitStore();
            cluster.publish();
            cluster.startMirror();
        }
        for (Cluster cluster : List.of(a, b)) {
            cluster.awaitMirror();
            cluster.untilReady();
        }
        a.untilMirrors(b);
        b.untilMirrors(a);
        assertThat(a.status())
                .contains("KVStoreMesh:   1/1 remote clusters ready", "   b: ready, 20 nodes, 20 endpoints");

        // An agent outside, with all that a full client does; and one of the cluster, which reads the mirror.
        assertThat(agent(a, "externalworkload").statusLine("cilium/state/noderegister/v1/vm-1"))
                .matches("etcd: 1/1 connected, leases=1, lock leases=1, has-quorum=true:"
                        + " https://127\\.0\\.0\\.1:\\d+ - 3\\.5\\.\\d+ \\(Leader\\)");
        ScriptedAgent before = agent(a, "local-a");
        String cachedNodes = "cilium/cache/nodes/v1/b/";
        before.follow(cachedNodes);
        assertThat(before.pairs(cachedNodes)).isEqualTo(a.pairs(cachedNodes)).hasSize(20);
        b.put("cilium/state/nodes/v1/b/node-21", "followed");
        until(() -> before.pairs(cachedNodes).containsKey(cachedNodes + "node-21"));

        // Pod a is replaced by another with an empty store.
        a.kill();
        a.startStore(true);
        a.awaitStore();
        a.startMirror();
        until(before::isBroken);
        a.publish();
        a.change(3, "after the replacement");
        a.awaitMirror();
        a.untilReady();
        b.untilMirrors(a);
        a.untilMirrors(b);
        until(() -> b.status("--verbose").contains("a: ready"));
        ScriptedAgent after = agent(a, "local-a");
        after.follow(cachedNodes);
        assertThat(after.pairs(cachedNodes)).hasSize(21);

        // Cluster b gets certificates of another authority; its store is restarted on its data.
        b.writeCertificates();
        assertThat(b.store.terminate()).isZero();
        b.admin.close();
        b.cutConnections();
        b.startStore(false);
        b.awaitStore();
        b.change(4, "after the rotation");
        a.untilMirrors(b);

        // The network is cut between them both, and mended.
        a.network.cut();
        b.network.cut();
        a.change(5, "during the cut");
        b.change(6, "during the cut");
        get(a.admin.delete("cilium/state/nodes/v1/a/node-7"));
        a.network.mend();
        b.network.mend();
        a.untilMirrors(b);
        b.untilMirrors(a);

        until(() -> http("http://" + a.api + "/v1/cluster").body().contains("\"ready\":true"));
        String metrics = "http://127.0.0.1:" + a.mirror.await("/metrics is served on \\S+:(\\d+)") + "/metrics";
        assertThat(http(metrics).body())
                .contains(
                        "cilium_kvstoremesh_remote_clusters{source_cluster=\"a\",source_node_name=\"\"} 1.0",
                        "cilium_kvstoremesh_remote_cluster_readiness_status{source_cluster=\"a\",source_node_name=\"\","
                                + "target_cluster=\"b\"} 1.0",
                        "cilium_kvstoremesh_kvstore_sync_queue_size{scope=\"nodes/v1\",source_cluster=\"b\"}",
                        "cilium_kvstoremesh_bootstrap_seconds{source_cluster=\"a\"}");
        assertThat(a.mirror.terminate()).isZero();
    }
}
