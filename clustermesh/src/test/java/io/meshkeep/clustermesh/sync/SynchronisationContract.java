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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kubernetes objects in an API server, and the keys that come out of a real store. */
abstract class SynchronisationContract {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final List<String> SYNCED = List.of(
            "cilium/synced/one/cilium/state/identities/v1",
            "cilium/synced/one/cilium/state/ip/v1",
            "cilium/synced/one/cilium/state/nodes/v1",
            "cilium/synced/one/cilium/state/serviceexports/v1",
            "cilium/synced/one/cilium/state/services/v1");

    @TempDir
    Path directory;

    private KubernetesApi api;
    private KubernetesClient kubernetes;
    private MeshkeepServer server;
    private ChannelKvstore kvstore;
    private LeasePool leases;

    /** An API server without objects of the kinds that are synchronised. */
    abstract KubernetesApi api() throws Exception;

    @BeforeEach
    void start() throws Exception {
        api = api();
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
        if (kubernetes != null) {
            disconnect();
            server.close();
        }
        if (api != null) {
            api.close();
        }
    }

    Synchronisation synchronise(boolean endpointSlices, boolean allServices, boolean exports) {
        api.settle();
        Synchronisation.Settings defaults = Synchronisation.Settings.of(Fixture.CLUSTER);
        return Synchronisation.start(
                kubernetes,
                kvstore,
                leases,
                new Synchronisation.Settings(
                        defaults.cluster(),
                        endpointSlices,
                        allServices,
                        exports,
                        "",
                        defaults.inFlight(),
                        defaults.rate()));
    }

    private List<Map<?, ?>> documents() {
        List<Map<?, ?>> documents = new ArrayList<>(Fixture.documents());
        documents.addAll(api.takenThoughOdd());
        return documents;
    }

    Map<String, String> state() {
        return api.asPut(pairs(kvstore, "cilium/state/"));
    }

    private Map<String, String> expected(String fixture, boolean exports) {
        Map<String, String> keys = new TreeMap<>(Fixture.keys(fixture));
        if (!api.takenThoughOdd().isEmpty()) {
            keys.putAll(Fixture.keys("refused.txt"));
        }
        keys.keySet()
                .removeIf(key ->
                        !key.startsWith("cilium/state/") || !exports && key.startsWith("cilium/state/serviceexports/"));
        return keys;
    }

    @Test
    void theKeysAreByteForByteThoseOfCilium() {
        documents().forEach(api::put);
        try (Synchronisation all = synchronise(false, false, true)) {
            get(all.synced());
            assertThat(state()).isEqualTo(expected("shared.txt", true));
            assertThat(pairs(kvstore, "cilium/synced/").keySet()).containsExactlyElementsOf(SYNCED);
            assertThat(get(kvstore.list("cilium/")).pairs()).allMatch(pair -> pair.lease() != 0);
        }
    }

    @Test
    void allServicesAreThereForExternalWorkloads() {
        documents().forEach(api::put);
        try (Synchronisation all = synchronise(false, true, false)) {
            get(all.synced());
            assertThat(state()).isEqualTo(expected("all.txt", false));
            assertThat(pairs(kvstore, "cilium/synced/").keySet()).containsExactlyElementsOf(SYNCED);
        }
    }

    @Test
    void objectsThatComeAndGoLaterAreFollowed() {
        try (Synchronisation all = synchronise(false, false, true)) {
            get(all.synced());
            assertThat(state()).isEmpty();
            documents().forEach(api::put);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(state()).isEqualTo(expected("shared.txt", true)));
            documents().forEach(api::delete);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(state()).isEmpty());
        }
    }

    @Test
    void aServiceWhoseLastPodIsGoneHasNoBackends() {
        String key = "cilium/state/services/v1/one/default/web";
        Fixture.documents().stream()
                .filter(document -> document.get("kind").equals("Service"))
                .forEach(api::put);
        api.put(slice(List.of(Map.of("addresses", List.of("10.0.0.10")))));
        try (Synchronisation all = synchronise(false, false, false)) {
            get(all.synced());
            assertThat(state().get(key)).contains("\"backends\":{\"10.0.0.10\":{");
            api.put(slice(null));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(state().get(key)).contains("\"backends\":{},"));
        }
    }

    /** @param endpoints null where there are none, as Kubernetes has it */
    private static Map<?, ?> slice(List<?> endpoints) {
        Map<String, Object> slice = new HashMap<>(Map.of(
                "apiVersion",
                "discovery.k8s.io/v1",
                "kind",
                "EndpointSlice",
                "addressType",
                "IPv4",
                "metadata",
                Map.of("name", "web-a", "namespace", "default", "labels", Map.of("kubernetes.io/service-name", "web")),
                "ports",
                List.of(Map.of("name", "http", "port", 8080, "protocol", "TCP"))));
        slice.put("endpoints", endpoints);
        return slice;
    }

    @Test
    void anotherProcessWritesNothingThatIsRightAlready() {
        documents().forEach(api::put);
        try (Synchronisation all = synchronise(false, false, true)) {
            get(all.synced());
        }
        List<Kvstore.Pair> before = get(kvstore.list("cilium/")).pairs();
        disconnect();
        connect();
        try (Synchronisation all = synchronise(false, false, true)) {
            get(all.synced());
            assertThat(get(kvstore.list("cilium/")).pairs()).isEqualTo(before);
            assertThat(all.stores()).allMatch(store -> store.writes() == 0);
        }
    }

    @Test
    void anApiServerThatWasAwayIsAskedAgainAndNothingIsRewritten() {
        documents().forEach(api::put);
        Map<?, ?> before = Fixture.endpoint("before", "10.0.1.2", 65537);
        api.put(before);
        try (Synchronisation all = synchronise(false, false, true)) {
            get(all.synced());
            Map<String, Long> revisions = revisions();
            assertThat(revisions.remove("cilium/state/ip/v1/default/10.0.1.2")).isNotNull();
            api.interrupt(() -> {
                api.put(Fixture.endpoint("meanwhile", "10.0.1.1", 65537));
                api.delete(before);
            });
            await().atMost(PATIENCE)
                    .until(() -> state().containsKey("cilium/state/ip/v1/default/10.0.1.1")
                            && !state().containsKey("cilium/state/ip/v1/default/10.0.1.2"));
            Map<String, Long> after = revisions();
            after.remove("cilium/state/ip/v1/default/10.0.1.1");
            assertThat(after).isEqualTo(revisions);
        }
    }

    @Test
    void endpointSlicesAreReadInsteadOfEndpoints() {
        documents().forEach(api::put);
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
        try (Synchronisation all = synchronise(true, false, false)) {
            get(all.synced());
            String rest =
                    "\"HostIP\":\"172.18.0.2\",\"ID\":199475,\"Key\":5,\"Metadata\":\"\",\"K8sNamespace\":\"qux\","
                            + "\"K8sPodName\":\"foo-002\"}";
            Map<String, String> addresses = new TreeMap<>(state());
            addresses.keySet().removeIf(key -> !key.startsWith("cilium/state/ip/"));
            assertThat(addresses)
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
        try (Synchronisation all = synchronise(false, false, false)) {
            get(all.synced());
            for (int round = 0; round < 3; round++) {
                Map<String, String> wanted = new TreeMap<>();
                for (int i = 0; i < 1000; i++) {
                    putPod("pod-" + round + "-" + i, i, 65537 + round, wanted);
                    api.delete(Fixture.endpoint("pod-" + (round - 1) + "-" + i, "", 0));
                }
                await().atMost(PATIENCE).untilAsserted(() -> assertThat(pods()).isEqualTo(wanted));
            }
        }
    }

    /** More than a page of them, which change while nobody is told. */
    @Test
    void manyEndpointsAreListedPageByPage() {
        Map<String, String> wanted = new TreeMap<>();
        for (int i = 0; i < 1234; i++) {
            putPod("pod-" + i, i, 65537, wanted);
        }
        try (Synchronisation all = synchronise(false, false, false)) {
            get(all.synced());
            assertThat(pods()).isEqualTo(wanted);
            Map<String, Long> before = revisions();
            api.interrupt(() -> {
                for (int i = 0; i < 1000; i += 7) {
                    api.delete(Fixture.endpoint("pod-" + i, "", 0));
                    wanted.remove(key(i));
                    putPod("new-" + i, 2000 + i, 65538, wanted);
                    before.remove(key(i));
                }
            });
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(pods()).isEqualTo(wanted));
            assertThat(revisions()).containsAllEntriesOf(before);
        }
    }

    private static String key(int pod) {
        return "cilium/state/ip/v1/default/10." + pod / 250 + ".0." + pod % 250;
    }

    void putPod(String name, int number, int identity, Map<String, String> wanted) {
        api.put(Fixture.endpoint(name, "10." + number / 250 + ".0." + number % 250, identity));
        wanted.put(key(number), name);
    }

    /** The pods' names by their keys. */
    Map<String, String> pods() {
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
