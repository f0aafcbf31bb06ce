package io.meshkeep.clustermesh.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.TestServer;
import io.meshkeep.clustermesh.sync.Cluster;
import io.meshkeep.clustermesh.workload.ExternalWorkloads.Times;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.store.mesh.Label;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;

/** The policy of Cilium's guide selects the VM that was let in. */
@EnableKubernetesMockClient(crud = true, https = false)
class PolicyTest {
    /** As in the guide for external workloads. */
    private static final String POLICY = """
            apiVersion: cilium.io/v2
            kind: CiliumClusterwideNetworkPolicy
            metadata:
              name: test-ccnp
              namespace: kube-system
            spec:
              endpointSelector:
                matchLabels:
                  k8s-app: clustermesh-apiserver
              ingress:
              - fromEndpoints:
                - matchLabels:
                    io.kubernetes.pod.name: runtime
              - toPorts:
                - ports:
                  - port: "2379"
                    protocol: TCP
            """;

    KubernetesClient kubernetes;

    @TempDir
    Path directory;

    @SuppressWarnings("unchecked")
    private static Map<String, String> selector(String rule) {
        Map<String, Object> policy =
                (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(POLICY);
        Map<String, Object> spec = (Map<String, Object>) policy.get("spec");
        if (rule.equals("endpointSelector")) {
            return (Map<String, String>) ((Map<String, Object>) spec.get(rule)).get("matchLabels");
        }
        Map<String, Object> ingress = ((List<Map<String, Object>>) spec.get("ingress")).get(0);
        return (Map<String, String>) ((List<Map<String, Object>>) ingress.get("fromEndpoints"))
                .get(0)
                .get("matchLabels");
    }

    /**
     * Whether labels are selected, as Cilium evaluates a clusterwide policy: a key without a source stands for any, and
     * only what has a namespace, as pods do, is an endpoint that can be meant.
     */
    private static boolean selects(Map<String, String> selector, List<Label> labels) {
        return selector.entrySet().stream()
                        .allMatch(wanted -> labels.stream()
                                .anyMatch(label -> label.key().equals(wanted.getKey())
                                        && label.value().equals(wanted.getValue())))
                && labels.stream()
                        .anyMatch(label ->
                                label.source().equals("k8s") && label.key().equals("io.kubernetes.pod.namespace"));
    }

    private static List<Label> labels(List<String> texts) {
        List<Label> labels = new ArrayList<>();
        for (String text : texts) {
            String key = text.substring(text.indexOf(':') + 1, text.indexOf('='));
            labels.add(new Label(text.substring(0, text.indexOf(':')), key, text.substring(text.indexOf('=') + 1)));
        }
        return labels;
    }

    @Test
    void theGuidesPolicySelectsTheVm() throws Exception {
        ExternalWorkloadsTest.installKinds(kubernetes);
        for (String name : List.of("runtime", "other")) {
            ExternalWorkloadsTest.create(kubernetes, CiliumResources.EXTERNAL_WORKLOADS, name, Map.of(), Map.of());
        }
        try (MeshkeepServer etcd = TestServer.start(directory);
                Kvstore store = ChannelKvstore.embedded(etcd);
                ExternalWorkloads admitting =
                        ExternalWorkloads.start(kubernetes, store, Cluster.of("east", 7), Times.DEFAULT)) {
            Vm.join(store, "runtime", "192.168.0.9");
            Vm.join(store, "other", "192.168.0.10");
            for (String name : List.of("runtime", "other")) {
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> kubernetes
                                        .genericKubernetesResources(CiliumResources.ENDPOINTS)
                                        .inNamespace("default")
                                        .withName(name)
                                        .get()
                                != null);
            }
            Map<String, String> from = selector("fromEndpoints");
            for (String name : List.of("runtime", "other")) {
                boolean wanted = name.equals("runtime");
                JsonNode identity = CiliumResources.part(
                                kubernetes
                                        .genericKubernetesResources(CiliumResources.ENDPOINTS)
                                        .inNamespace("default")
                                        .withName(name)
                                        .get(),
                                "status")
                        .path("identity");
                List<String> ofEndpoint = new ArrayList<>();
                identity.path("labels").forEach(label -> ofEndpoint.add(label.stringValue()));
                assertThat(selects(from, labels(ofEndpoint))).as(name).isEqualTo(wanted);
                List<String> ofIdentity = new ArrayList<>();
                CiliumResources.part(
                                kubernetes
                                        .genericKubernetesResources(CiliumResources.IDENTITIES)
                                        .withName(identity.path("id").asString())
                                        .get(),
                                "security-labels")
                        .properties()
                        .forEach(label -> ofIdentity.add(
                                label.getKey() + "=" + label.getValue().stringValue()));
                assertThat(selects(from, labels(ofIdentity))).as(name).isEqualTo(wanted);
                assertThat(selects(selector("endpointSelector"), labels(ofIdentity)))
                        .isFalse();
                assertThat(labels(ofIdentity)).containsExactlyInAnyOrderElementsOf(labels(ofEndpoint));
            }
            assertThat(admitting.refusals()).isEmpty();
        }
    }
}
