package io.meshkeep.clustermesh.sync;

import static io.meshkeep.clustermesh.kvstore.TestServer.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is synchronised from an API server of our own, which takes objects that Kubernetes would refuse as well. */
@Timeout(120)
class SynchronisationTest extends SynchronisationContract {
    private final FakeKubernetes fake = new FakeKubernetes();

    @Override
    KubernetesApi api() {
        return fake;
    }

    @Test
    void textThatIsNotAsciiBreaksNoWatch() {
        try (Synchronisation all = synchronise(false, false, false)) {
            get(all.synced());
            int lists = fake.lists();
            for (int i = 0; i < 100; i++) {
                String text = "\u00fc\u20ac\ud83d\ude00".repeat(i);
                fake.put(Map.of(
                        "apiVersion",
                        "cilium.io/v2",
                        "kind",
                        "CiliumNode",
                        "metadata",
                        Map.of("name", "node", "annotations", Map.of("text", text)),
                        "spec",
                        Map.of()));
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(state().get("cilium/state/nodes/v1/one/node"))
                                .contains("{\"text\":\"" + text + "\"}"));
            }
            assertThat(fake.lists()).as("all is told by watches").isEqualTo(lists);
        }
    }

    @Test
    void anObjectThatMakesNoSenseIsLeftOut() {
        Map<String, String> wanted = new TreeMap<>();
        putPod("before", 1, 65537, wanted);
        fake.put(Map.of(
                "apiVersion",
                "cilium.io/v2",
                "kind",
                "CiliumEndpoint",
                "metadata",
                Map.of("name", "odd", "namespace", "default"),
                "status",
                Map.of("networking", Map.of("addressing", Arrays.asList((Object) null)))));
        putPod("pod-after", 2, 65537, wanted);
        try (Synchronisation all = synchronise(false, false, false)) {
            get(all.synced());
            assertThat(pods()).isEqualTo(wanted);
            putPod("later", 3, 65537, wanted);
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(pods()).isEqualTo(wanted));
        }
    }
}
