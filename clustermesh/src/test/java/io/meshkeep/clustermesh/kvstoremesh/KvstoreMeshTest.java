package io.meshkeep.clustermesh.kvstoremesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Two real stores with mutual TLS, and what goes from one to the other through whatever happens between them. */
@Timeout(180)
class KvstoreMeshTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final KvstoreMeshConfig.Timing FAST = new KvstoreMeshConfig.Timing(
            Duration.ofMillis(30),
            Duration.ofMillis(300),
            Duration.ofMinutes(2),
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            Duration.ofSeconds(20),
            Duration.ofMillis(200),
            Duration.ofMillis(20),
            Duration.ofMillis(200),
            Duration.ofMinutes(15));

    @TempDir
    Path directory;

    private Path clusters;

    @RegisterExtension
    final CloseAfterEach close = new CloseAfterEach();

    private Pod local;
    private Pod remote;

    @BeforeEach
    void start() throws Exception {
        clusters = Files.createDirectory(directory.resolve("clusters"));
        local = pod("local", 1);
        remote = pod("east", 7);
    }

    private Pod pod(String name, int id) throws Exception {
        return close.later(new Pod(directory.resolve(name), name, id));
    }

    private void configure(Pod pod) throws IOException {
        Pod.replace(clusters.resolve(pod.name), Files.readString(pod.configOf("remote")));
    }

    private KvstoreMeshConfig config() {
        return config(FAST, true);
    }

    private KvstoreMeshConfig config(KvstoreMeshConfig.Timing timing, boolean drain) {
        return new KvstoreMeshConfig(
                "local",
                1,
                255,
                clusters,
                Duration.ofSeconds(60),
                Duration.ofMinutes(5),
                drain,
                KvstoreMeshConfig.LocalLimits.NONE,
                timing);
    }

    private KvstoreMesh mesh(KvstoreMeshConfig config) throws IOException {
        return close.later(KvstoreMesh.start(config, local.store()));
    }

    private static void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(condition);
    }

    private static void eventually(ThrowingRunnable assertion) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).untilAsserted(assertion);
    }

    private static RemoteStatus status(KvstoreMesh mesh, String cluster) {
        return mesh.status().stream()
                .filter(status -> status.name().equals(cluster))
                .findFirst()
                .orElseThrow();
    }

    private static void untilReady(KvstoreMesh mesh, String cluster) {
        until(() -> status(mesh, cluster).ready());
    }

    /** Some of each kind. */
    private static void fill(Pod pod) {
        for (int i = 1; i <= 5; i++) {
            pod.put("cilium/state/nodes/v1/" + pod.name + "/node-" + i, "{\"Name\":\"node-" + i + "\"}");
            pod.put("cilium/state/services/v1/" + pod.name + "/default/web-" + i, "{\"name\":\"web-" + i + "\"}");
            pod.put("cilium/state/identities/v1/id/" + (pod.id << 16 | i), "k8s:app=x" + i + ";");
            pod.put("cilium/state/ip/v1/default/10." + pod.id + ".0." + i, "{\"ID\":" + (pod.id << 16 | i) + "}");
        }
        pod.put("cilium/state/ip/v1/default/10.99.0.0/16", "{\"Mask\":\"//8AAA==\"}");
        pod.put("cilium/state/nodes/v1/" + pod.name + "2/other", "of another cluster");
        pod.put("cilium/state/noderegister/v1/vm", "not mirrored");
    }

    /** What a mirror of all entries of a pod holds, from reference: state keys, and where they go. */
    private static Map<String, String> expected(Pod pod) {
        Map<String, String> expected = new TreeMap<>();
        String name = pod.name;
        pod.pairs("cilium/state/nodes/v1/" + name + "/")
                .forEach((key, value) -> expected.put(key.replace("cilium/state/", "cilium/cache/"), value));
        pod.pairs("cilium/state/services/v1/" + name + "/")
                .forEach((key, value) -> expected.put(key.replace("cilium/state/", "cilium/cache/"), value));
        pod.pairs("cilium/state/identities/v1/")
                .forEach((key, value) -> expected.put(
                        key.replace("cilium/state/identities/v1/", "cilium/cache/identities/v1/" + name + "/"), value));
        pod.pairs("cilium/state/ip/v1/default/")
                .forEach((key, value) -> expected.put(
                        key.replace("cilium/state/ip/v1/default/", "cilium/cache/ip/v1/" + name + "/"), value));
        return expected;
    }

    private void untilMirrored(Pod pod) {
        Map<String, String> expected = expected(pod);
        eventually(() -> assertThat(mirrored(pod.name)).isEqualTo(expected));
    }

    private Map<String, String> mirrored(String cluster) {
        Map<String, String> pairs = local.pairs("cilium/cache/");
        pairs.keySet().removeIf(key -> !key.contains("/v1/" + cluster + "/"));
        return pairs;
    }

    @Test
    void aClustersConfigurationThatSomebodyTakesAwayIsPutBack() throws Exception {
        remote.announce();
        configure(remote);
        KvstoreMesh mesh = mesh(config());
        Pod.get(mesh.ready());
        String key = "cilium/cluster-config/east";
        eventually(() -> assertThat(local.pairs(key)).hasSize(1));
        Map<String, String> right = local.pairs(key);
        local.delete(key);
        eventually(() -> assertThat(local.pairs(key)).isEqualTo(right));
        local.put(key, "{}");
        eventually(() -> assertThat(local.pairs(key)).isEqualTo(right));
        // under a lease of ours again, although the value stayed the same
        local.put(key, right.get(key));
        eventually(
                () -> assertThat(Pod.get(local.store().get(key)).orElseThrow().lease())
                        .isNotZero());
    }

    @Test
    void everythingIsMirroredByteForByteAndSaidToBe() throws Exception {
        remote.announce();
        fill(remote);
        configure(remote);
        KvstoreMesh mesh = mesh(config());
        Pod.get(mesh.ready());
        untilMirrored(remote);
        untilReady(mesh, "east");

        eventually(() -> assertThat(local.pairs("cilium/cluster-config/"))
                .containsExactly(Map.entry(
                        "cilium/cluster-config/east",
                        "{\"id\":7,\"capabilities\":{\"syncedCanaries\":true,\"cached\":true,"
                                + "\"maxConnectedClusters\":255}}")));
        assertThat(local.pairs("cilium/synced/").keySet())
                .containsExactly(
                        "cilium/synced/east/cilium/cache/identities/v1",
                        "cilium/synced/east/cilium/cache/ip/v1",
                        "cilium/synced/east/cilium/cache/nodes/v1",
                        "cilium/synced/east/cilium/cache/serviceexports/v1",
                        "cilium/synced/east/cilium/cache/services/v1");
        assertThat(Pod.get(local.store().list("cilium/")).pairs())
                .as("everything is under a lease")
                .allSatisfy(pair -> assertThat(pair.lease()).isNotZero());
        RemoteStatus status = status(mesh, "east");
        assertThat(status.of(Resource.NODES).entries()).isEqualTo(5);
        assertThat(status.of(Resource.ENDPOINTS).entries()).isEqualTo(6);
        assertThat(status.status())
                .matches("etcd: 1/1 connected, leases=0, lock leases=0, has-quorum=true:"
                        + " endpoint status checks are disabled, ID: [0-9a-f]+");
        assertThat(status.failures()).isZero();
    }

    @Test
    void changesGoOnBeingMirroredThroughCutsOfTheNetwork() throws Exception {
        remote.announce();
        fill(remote);
        configure(remote);
        KvstoreMesh mesh = mesh(config());
        untilReady(mesh, "east");
        Random random = new Random(20260102);
        List<String> prefixes = List.of(
                "cilium/state/nodes/v1/east/",
                "cilium/state/services/v1/east/ns/",
                "cilium/state/identities/v1/id/",
                "cilium/state/ip/v1/default/");
        for (int round = 0; round < 4; round++) {
            List<CompletableFuture<?>> writes = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String key = prefixes.get(random.nextInt(4)) + random.nextInt(60);
                writes.add(
                        random.nextInt(3) == 0
                                ? remote.store().delete(key)
                                : remote.store().put(key, ByteString.copyFromUtf8("value " + random.nextInt()), 0));
                if (round == 1 && i == 100) {
                    remote.network().cutConnections();
                }
                if (round == 2 && i == 50) {
                    remote.network().cut();
                }
            }
            writes.forEach(Pod::get);
            remote.network().mend();
            untilMirrored(remote);
        }
    }

    @Test
    void aRestartThatKeepsTheDataChangesNothing() throws Exception {
        remote.announce();
        fill(remote);
        configure(remote);
        KvstoreMesh mesh = mesh(config());
        untilReady(mesh, "east");
        untilMirrored(remote);
        Changes changes = follow("cilium/cache/");
        remote.restart();
        remote.put("cilium/state/nodes/v1/east/new", "{}");
        untilMirrored(remote);
        eventually(() -> assertThat(changes.log()).containsExactly("put cilium/cache/nodes/v1/east/new"));
    }

    @Test
    void anotherPodTakesOverWithoutWhatSurvivesBeingDeletedOrWrittenAgain() throws Exception {
        remote.announce();
        fill(remote);
        configure(remote);
        KvstoreMesh mesh = mesh(config());
        untilReady(mesh, "east");
        untilMirrored(remote);
        Map<String, String> before = mirrored("east");
        Changes changes = follow("cilium/cache/");

        remote.replace();
        until(() -> status(mesh, "east").failures() > 0);
        remote.announce("{\"id\":7,\"capabilities\":{\"syncedCanaries\":true,\"maxConnectedClusters\":255}}");
        // connected to the new pod, which is not complete yet: what is mirrored stays
        until(() -> status(mesh, "east")
                .config()
                .flatMap(RemoteStatus.Config::retrieved)
                .isPresent());
        assertThat(mirrored("east")).isEqualTo(before);

        fill(remote);
        remote.delete("cilium/state/nodes/v1/east/node-3");
        remote.put("cilium/state/nodes/v1/east/node-4", "{\"Name\":\"node-4\",\"changed\":true}");
        remote.synced(false, Resource.NODES, Resource.SERVICES, Resource.IDENTITIES, Resource.ENDPOINTS);
        untilMirrored(remote);
        untilReady(mesh, "east");
        eventually(() -> assertThat(changes.log())
                .containsExactlyInAnyOrder(
                        "deleted cilium/cache/nodes/v1/east/node-3", "put cilium/cache/nodes/v1/east/node-4"));
    }

    @Test
    void anotherProcessTakesOverWhatTheFirstHasMirrored() throws Exception {
        remote.announce();
        fill(remote);
        configure(remote);
        KvstoreMesh first = mesh(config());
        untilReady(first, "east");
        untilMirrored(remote);
        Pod.get(first.ready());
        first.close();
        remote.delete("cilium/state/nodes/v1/east/node-1");
        Changes changes = follow("cilium/cache/");
        KvstoreMesh second = mesh(config());
        untilMirrored(remote);
        Pod.get(second.ready());
        eventually(() -> assertThat(changes.log()).containsExactly("deleted cilium/cache/nodes/v1/east/node-1"));
    }

    @Test
    void theLocalStoreIsFilledAgainWhenItIsReplaced() throws Exception {
        remote.announce();
        fill(remote);
        configure(remote);
        // the way of the local client is over the network too, so that it survives the pod
        Kvstore store = close.later(ChannelKvstore.connect(EtcdConfig.read(local.configOf("admin-local"))));
        KvstoreMesh mesh = close.later(KvstoreMesh.start(config(), store));
        untilReady(mesh, "east");
        untilMirrored(remote);
        local.replace();
        untilMirrored(remote);
        until(() -> local.pairs("cilium/synced/").size() == 5);
        until(() -> local.pairs("cilium/cluster-config/").size() == 1);
    }

    @Test
    void aRemovedClusterIsDrainedAndOthersAreNot() throws Exception {
        Pod west = pod("west", 8);
        for (Pod pod : List.of(remote, west)) {
            pod.announce();
            fill(pod);
            configure(pod);
        }
        KvstoreMesh mesh = mesh(config());
        Pod.get(mesh.ready());
        untilMirrored(remote);
        untilMirrored(west);
        until(() -> local.pairs("cilium/cluster-config/").size() == 2);
        local.put("cilium/cache/nodes/v1/east2/n", "of another cluster");
        Changes changes = follow("cilium/");

        Files.delete(clusters.resolve("east"));
        until(() ->
                mirrored("east").isEmpty() && local.pairs("cilium/synced/east/").isEmpty());
        eventually(() -> assertThat(changes.deleted()).hasSizeGreaterThan(20));
        assertThat(changes.deleted().get(0)).isEqualTo("deleted cilium/cluster-config/east");
        untilMirrored(west);
        assertThat(local.pairs("cilium/cluster-config/").keySet()).containsExactly("cilium/cluster-config/west");
        assertThat(local.pairs("cilium/synced/west/")).hasSize(5);
        assertThat(local.pairs("cilium/cache/nodes/v1/east2/")).hasSize(1);
        assertThat(mesh.status()).extracting(RemoteStatus::name).containsExactly("west");

        configure(remote);
        untilMirrored(remote);
    }

    @Test
    void aClusterThatIsBackBeforeItIsDrainedKeepsItsEntries() throws Exception {
        remote.announce();
        fill(remote);
        configure(remote);
        KvstoreMesh mesh = mesh(config(FAST.withDrainGrace(Duration.ofHours(1)), true));
        untilReady(mesh, "east");
        untilMirrored(remote);
        Changes changes = follow("cilium/cache/");
        until(() -> !local.pairs("cilium/cluster-config/").isEmpty());
        Files.delete(clusters.resolve("east"));
        until(() -> local.pairs("cilium/cluster-config/").isEmpty());
        assertThat(mesh.status()).isEmpty();
        configure(remote);
        until(() -> !local.pairs("cilium/cluster-config/").isEmpty());
        untilReady(mesh, "east");
        assertThat(changes.log()).isEmpty();
    }

    @Test
    void entriesOfARemovedClusterStayWhenDrainingIsOff() throws Exception {
        remote.announce();
        fill(remote);
        configure(remote);
        KvstoreMesh mesh = mesh(config(FAST, false));
        untilReady(mesh, "east");
        untilMirrored(remote);
        until(() -> !local.pairs("cilium/cluster-config/").isEmpty());
        Files.delete(clusters.resolve("east"));
        until(() -> mesh.status().isEmpty());
        untilMirrored(remote);
        assertThat(local.pairs("cilium/cluster-config/")).hasSize(1);
    }

    @Test
    void newCertificatesAreUsedWhenTheConnectionIsMadeAnew() throws Exception {
        remote.announce();
        fill(remote);
        configure(remote);
        KvstoreMesh mesh = mesh(config());
        untilReady(mesh, "east");
        remote.rotate();
        remote.put("cilium/state/nodes/v1/east/after", "{}");
        untilMirrored(remote);
    }

    @Test
    void aClusterThatIsAMirrorItselfIsReadFromItsCache() throws Exception {
        remote.announce("{\"id\":7,\"capabilities\":{\"syncedCanaries\":true,\"cached\":true}}");
        remote.put("cilium/cache/nodes/v1/east/n", "node");
        remote.put("cilium/cache/services/v1/east/ns/s", "service");
        remote.put("cilium/cache/serviceexports/v1/east/ns/s", "export");
        remote.put("cilium/cache/identities/v1/east/id/1", "identity");
        remote.put("cilium/cache/ip/v1/east/10.0.0.1", "endpoint");
        remote.put("cilium/state/nodes/v1/east/own", "not this");
        remote.synced(true, Resource.NODES, Resource.SERVICES, Resource.IDENTITIES, Resource.ENDPOINTS);
        Pod.replace(clusters.resolve("east"), Files.readString(remote.configOf("local-east")));
        KvstoreMesh mesh = mesh(config());
        untilReady(mesh, "east");
        eventually(() -> assertThat(mirrored("east").keySet())
                .as("it does not say that it knows service exports, so those are not read")
                .containsExactly(
                        "cilium/cache/identities/v1/east/id/1",
                        "cilium/cache/ip/v1/east/10.0.0.1",
                        "cilium/cache/nodes/v1/east/n",
                        "cilium/cache/services/v1/east/ns/s"));

        remote.synced(true, Resource.SERVICE_EXPORTS);
        remote.announce(
                "{\"id\":7,\"capabilities\":{\"syncedCanaries\":true,\"cached\":true,\"serviceExportsEnabled\":true}}");
        until(() -> mirrored("east").containsKey("cilium/cache/serviceexports/v1/east/ns/s"));
        until(
                () -> local.pairs("cilium/cluster-config/")
                        .containsValue(
                                "{\"id\":7,\"capabilities\":{\"syncedCanaries\":true,\"cached\":true,\"serviceExportsEnabled\":true}}"));
        untilReady(mesh, "east");
    }

    @Test
    void aClusterWithoutSyncedKeysIsReadAtOnce() throws Exception {
        remote.announce("{\"id\":7,\"capabilities\":{}}");
        fill(remote);
        configure(remote);
        KvstoreMesh mesh = mesh(config());
        untilMirrored(remote);
        Pod.get(mesh.ready());
    }

    @Test
    void aConfigurationThatCannotBeUsedIsToldAndHoldsUpNobodyElse() throws Exception {
        remote.announce();
        fill(remote);
        configure(remote);
        Files.writeString(clusters.resolve("broken"), "endpoints: [\n");
        Files.writeString(
                clusters.resolve("no-files"),
                "endpoints: [https://127.0.0.1:1]\ncert-file: /does/not/exist\nkey-file: /does/not/exist\n");
        Files.writeString(clusters.resolve("ca.crt"), "not a configuration");
        KvstoreMesh mesh = mesh(config());
        untilMirrored(remote);
        assertThat(mesh.status()).extracting(RemoteStatus::name).containsExactly("broken", "east", "no-files");
        until(() -> status(mesh, "broken").status().contains("not valid YAML"));
        until(() -> status(mesh, "no-files").status().contains("/does/not/exist"));

        Pod west = pod("west", 8);
        west.announce();
        fill(west);
        configure(west);
        untilMirrored(west);
        Files.writeString(clusters.resolve("west"), "endpoints: [");
        until(() -> status(mesh, "west").status().contains("not valid YAML"));
        untilMirrored(west);
        configure(west);
        untilReady(mesh, "west");
    }

    @Test
    void aNumberThatIsTakenIsRefusedUntilItIsFree() throws Exception {
        Pod west = pod("west", 7);
        remote.announce();
        fill(remote);
        configure(remote);
        KvstoreMesh mesh = mesh(config());
        untilReady(mesh, "east");
        west.announce();
        fill(west);
        configure(west);
        until(() -> mesh.status().size() == 2
                && status(mesh, "west").status().contains("its cluster id 7 is that of cluster \"east\" already"));
        assertThat(mirrored("west")).isEmpty();
        Files.delete(clusters.resolve("east"));
        untilMirrored(west);
        assertThat(mirrored("east")).isEmpty();
    }

    @Test
    void numbersThatCannotBeAreRefusedAndTheLocalClusterIsLeftAlone() throws Exception {
        remote.announce("{\"id\":1,\"capabilities\":{\"syncedCanaries\":true}}");
        configure(remote);
        Pod.replace(clusters.resolve("local"), Files.readString(local.configOf("remote")));
        KvstoreMesh mesh = mesh(config());
        until(() -> status(mesh, "east").status().contains("its cluster id 1 is that of cluster \"local\" already"));
        remote.announce("{\"id\":256}");
        until(() -> status(mesh, "east").status().contains("its cluster id 256 is above 255"));
        remote.announce("{}");
        until(() -> status(mesh, "east").status().contains("it has no cluster id"));
        remote.announce("[]");
        until(() -> status(mesh, "east").status().contains("it is not a JSON object"));
        remote.announce();
        untilReady(mesh, "east");
        assertThat(mesh.status()).hasSize(1);
    }

    @Test
    void aStoreWithoutHeartbeatsIsConnectedToAnew() throws Exception {
        remote.announce();
        configure(remote);
        KvstoreMesh mesh = mesh(config(FAST.withHeartbeat(Duration.ofMillis(600)), true));
        until(() -> mesh.status().get(0).failures() >= 2);
        assertThat(mesh.status().get(0).lastFailure()).isPresent();
    }

    @Test
    void whatCannotBeReachedDoesNotHoldUpReadinessForLong() throws Exception {
        Files.writeString(clusters.resolve("nowhere"), "endpoints: [http://127.0.0.1:1]\n");
        KvstoreMeshConfig usual = config();
        KvstoreMesh mesh = mesh(new KvstoreMeshConfig(
                "local",
                1,
                255,
                clusters,
                Duration.ofMillis(300),
                Duration.ofHours(1),
                true,
                usual.limits(),
                usual.timing()));
        Pod.get(mesh.ready());
        assertThat(status(mesh, "nowhere").ready()).isFalse();
        assertThat(status(mesh, "nowhere").status()).startsWith("Waiting for initial connection to be established");
    }

    @Test
    void whatIsConnectedIsWaitedForButNotForEver() throws Exception {
        // connected, but never complete
        remote.announce("{\"id\":7,\"capabilities\":{\"syncedCanaries\":true}}");
        configure(remote);
        KvstoreMeshConfig usual = config();
        KvstoreMesh mesh = mesh(new KvstoreMeshConfig(
                "local",
                1,
                255,
                clusters,
                Duration.ofMinutes(5),
                Duration.ofSeconds(3),
                true,
                usual.limits(),
                usual.timing()));
        until(() -> status(mesh, "east").connected());
        Pod.get(mesh.ready());
        assertThat(status(mesh, "east").ready()).isFalse();
        assertThat(mesh.bootstrap().orElseThrow()).isGreaterThanOrEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void aDirectoryThatIsNotThereIsToldAtTheStart() {
        clusters = directory.resolve("nowhere");
        assertThatThrownBy(() -> mesh(config()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nowhere is not a directory");
    }

    private Changes follow(String prefix) {
        Changes changes = new Changes();
        close.later(local.store().follow(prefix, changes)::close);
        until(changes::isListed);
        return changes;
    }

    /** What changes after the first list. */
    private static final class Changes implements Kvstore.Follower {
        private final List<String> log = new ArrayList<>();
        private boolean listed;

        @Override
        public synchronized void put(Kvstore.Pair pair) {
            if (listed) {
                log.add("put " + pair.key());
            }
        }

        @Override
        public synchronized void deleted(String key) {
            log.add("deleted " + key);
        }

        @Override
        public synchronized void listed(long revision) {
            listed = true;
        }

        synchronized boolean isListed() {
            return listed;
        }

        synchronized List<String> deleted() {
            return log.stream().filter(each -> each.startsWith("deleted ")).toList();
        }

        synchronized List<String> log() {
            return List.copyOf(log);
        }
    }
}
