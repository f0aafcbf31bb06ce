package io.meshkeep.clustermesh.sync;

import static io.meshkeep.clustermesh.kvstore.TestServer.get;
import static io.meshkeep.clustermesh.kvstore.TestServer.pairs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.LeasePool;
import io.meshkeep.clustermesh.kvstore.TestServer;
import io.meshkeep.server.MeshkeepServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kubernetes objects in an API server, and the keys that come out of a real store. */
@Timeout(120)
class SynchronisationTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> SYNCED = List.of(
            "cilium/synced/one/cilium/state/identities/v1",
            "cilium/synced/one/cilium/state/ip/v1",
            "cilium/synced/one/cilium/state/nodes/v1",
            "cilium/synced/one/cilium/state/serviceexports/v1",
            "cilium/synced/one/cilium/state/services/v1");

    @TempDir
    Path directory;

    private final FakeKubernetes api = new FakeKubernetes();
    private KubernetesClient kubernetes;
    private MeshkeepServer server;
    private ChannelKvstore kvstore;
    private LeasePool leases;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start(directory.resolve("data"));
        connect();
    }

    private void connect() {
        kubernetes = api.client();
        kvstore = ChannelKvstore.embedded(server);
        leases = new LeasePool(kvstore);
    }

    private void disconnect() {
        kubernetes.close();
        leases.close();
        kvstore.close();
    }

    @AfterEach
    void stop() throws Exception {
        disconnect();
        server.close();
        api.close();
    }

    private Synchronisation synchronise(boolean allServices, boolean exports) {
        Synchronisation.Settings defaults = Synchronisation.Settings.of(Fixture.CLUSTER);
        return Synchronisation.start(
                kubernetes,
                kvstore,
                leases,
                new Synchronisation.Settings(
                        defaults.cluster(), false, allServices, exports, "", defaults.inFlight(), defaults.rate()));
    }

    private Map<String, String> state() {
        return pairs(kvstore, "cilium/state/");
    }

    private static Map<String, String> expected(String fixture, boolean exports) {
        Map<String, String> keys = new TreeMap<>(Fixture.keys(fixture));
        keys.keySet()
                .removeIf(key ->
                        !key.startsWith("cilium/state/") || !exports && key.startsWith("cilium/state/serviceexports/"));
        return keys;
    }

    @Test
    void theKeysAreByteForByteThoseOfCilium() {
        Fixture.documents().forEach(api::put);
        try (Synchronisation all = synchronise(false, true)) {
            get(all.synced());
            assertThat(state()).isEqualTo(expected("shared.txt", true));
            assertThat(pairs(kvstore, "cilium/synced/").keySet()).containsExactlyElementsOf(SYNCED);
            assertThat(get(kvstore.list("cilium/")).pairs()).allMatch(pair -> pair.lease() != 0);
        }
    }

    @Test
    void allServicesAreThereForExternalWorkloads() {
        Fixture.documents().forEach(api::put);
        try (Synchronisation all = synchronise(true, false)) {
            get(all.synced());
            assertThat(state()).isEqualTo(expected("all.txt", false));
            assertThat(pairs(kvstore, "cilium/synced/").keySet()).containsExactlyElementsOf(SYNCED);
        }
    }

    @Test
    void objectsThatComeAndGoLaterAreFollowed() {
        try (Synchronisation all = synchronise(false, true)) {
            get(all.synced());
            assertThat(state()).isEmpty();
            Fixture.documents().forEach(api::put);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(state()).isEqualTo(expected("shared.txt", true)));
            Fixture.documents().forEach(api::delete);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(state()).isEmpty());
        }
    }

    @Test
    void anotherProcessWritesNothingThatIsRightAlready() {
        Fixture.documents().forEach(api::put);
        try (Synchronisation all = synchronise(false, true)) {
            get(all.synced());
        }
        List<Kvstore.Pair> before = get(kvstore.list("cilium/")).pairs();
        disconnect();
        connect();
        try (Synchronisation all = synchronise(false, true)) {
            get(all.synced());
            assertThat(get(kvstore.list("cilium/")).pairs()).isEqualTo(before);
            assertThat(all.stores()).allMatch(store -> store.writes() == 0);
        }
    }

    @Test
    void anApiServerThatWasAwayIsListedAgainAndNothingIsRewritten() {
        Fixture.documents().forEach(api::put);
        try (Synchronisation all = synchronise(false, true)) {
            get(all.synced());
            Map<String, Long> before = revisions();
            api.restart();
            api.put(Fixture.endpoint("after", "10.0.1.1", 65537));
            await().atMost(PATIENCE).until(() -> state().containsKey("cilium/state/ip/v1/default/10.0.1.1"));
            Map<String, Long> after = revisions();
            after.remove("cilium/state/ip/v1/default/10.0.1.1");
            assertThat(after).isEqualTo(before);
        }
    }

    @Test
    void endpointSlicesAreReadInsteadOfEndpoints() {
        Fixture.documents().forEach(api::put);
        api.put(Map.of(
                "apiVersion",
                "cilium.io/v2alpha1",
                "kind",
                "CiliumEndpointSlice",
                "metadata",
                Map.of("name", "ces-a"),
                "namespace",
                "qux",
                "endpoints",
                List.of(Map.of(
                        "name",
                        "foo-002",
                        "id",
                        199475,
                        "encryption",
                        Map.of("key", 5),
                        "networking",
                        Map.of(
                                "addressing",
                                List.of(Map.of("ipv4", "10.244.2.74", "ipv6", "fd00:10:244:2::e024")),
                                "node",
                                "172.18.0.2")))));
        Synchronisation.Settings defaults = Synchronisation.Settings.of(Fixture.CLUSTER);
        try (Synchronisation all = Synchronisation.start(
                kubernetes,
                kvstore,
                leases,
                new Synchronisation.Settings(
                        defaults.cluster(), true, false, false, "", defaults.inFlight(), defaults.rate()))) {
            get(all.synced());
            String rest =
                    "\"HostIP\":\"172.18.0.2\",\"ID\":199475,\"Key\":5,\"Metadata\":\"\",\"K8sNamespace\":\"qux\","
                            + "\"K8sPodName\":\"foo-002\"}";
            assertThat(pairs(kvstore, "cilium/state/ip/"))
                    .isEqualTo(Map.of(
                            "cilium/state/ip/v1/default/10.244.2.74",
                            "{\"IP\":\"10.244.2.74\",\"Mask\":null," + rest,
                            "cilium/state/ip/v1/default/fd00:10:244:2::e024",
                            "{\"IP\":\"fd00:10:244:2::e024\",\"Mask\":null," + rest));
        }
    }

    /** A thousand pods come in a burst, and then others that take their addresses while they go. */
    @Test
    void aThousandEndpointsThatComeAndGoAreAllThere() {
        try (Synchronisation all = synchronise(false, false)) {
            get(all.synced());
            for (int round = 0; round < 3; round++) {
                Map<String, String> wanted = new TreeMap<>();
                for (int i = 0; i < 1000; i++) {
                    String ip = "10." + i / 250 + ".0." + i % 250;
                    String name = "pod-" + round + "-" + i;
                    api.put(Fixture.endpoint(name, ip, 65537 + round));
                    api.delete(Fixture.endpoint("pod-" + (round - 1) + "-" + i, ip, 0));
                    wanted.put("cilium/state/ip/v1/default/" + ip, name);
                }
                await().atMost(PATIENCE).untilAsserted(() -> assertThat(pods()).isEqualTo(wanted));
            }
        }
    }

    @Test
    void anObjectThatMakesNoSenseIsLeftOut() {
        Map<String, String> wanted = new TreeMap<>();
        putPod("before", 1, 65537, wanted);
        api.put(Map.of(
                "apiVersion",
                "cilium.io/v2",
                "kind",
                "CiliumEndpoint",
                "metadata",
                Map.of("name", "odd", "namespace", "default"),
                "status",
                Map.of("networking", Map.of("addressing", Arrays.asList((Object) null)))));
        putPod("pod-after", 2, 65537, wanted);
        try (Synchronisation all = synchronise(false, false)) {
            get(all.synced());
            assertThat(pods()).isEqualTo(wanted);
            putPod("later", 3, 65537, wanted);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(pods()).isEqualTo(wanted));
        }
    }

    /** More than a page of them, which change while nobody is told. */
    @Test
    void manyEndpointsAreListedPageByPage() {
        Map<String, String> wanted = new TreeMap<>();
        for (int i = 0; i < 1234; i++) {
            putPod("pod-" + i, i, 65537, wanted);
        }
        try (Synchronisation all = synchronise(false, false)) {
            get(all.synced());
            assertThat(pods()).isEqualTo(wanted);
            Map<String, Long> before = revisions();
            api.pause();
            for (int i = 0; i < 1000; i += 7) {
                api.delete(Fixture.endpoint("pod-" + i, "", 0));
                wanted.remove(key(i));
                putPod("new-" + i, 2000 + i, 65538, wanted);
                before.remove(key(i));
            }
            api.resume();
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(pods()).isEqualTo(wanted));
            assertThat(revisions()).containsAllEntriesOf(before);
        }
    }

    private static String key(int pod) {
        return "cilium/state/ip/v1/default/10." + pod / 250 + ".0." + pod % 250;
    }

    private void putPod(String name, int number, int identity, Map<String, String> wanted) {
        api.put(Fixture.endpoint(name, "10." + number / 250 + ".0." + number % 250, identity));
        wanted.put(key(number), name);
    }

    /** The pods' names by their keys. */
    private Map<String, String> pods() {
        Map<String, String> there = new TreeMap<>();
        state().forEach((key, value) -> there.put(key, value.replaceAll(".*PodName\":\"([^\"]*)\".*", "$1")));
        return there;
    }

    private Map<String, Long> revisions() {
        Map<String, Long> revisions = new HashMap<>();
        get(kvstore.list("cilium/")).pairs().forEach(pair -> revisions.put(pair.key(), pair.modRevision()));
        return revisions;
    }
}
