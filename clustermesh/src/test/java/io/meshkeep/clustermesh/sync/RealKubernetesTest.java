package io.meshkeep.clustermesh.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What is synchronised from a real kube-apiserver: that of {@code KUBECONFIG}, if it has none of Cilium's kinds. See {@code
 * docs/referees.md} for how to get one.
 */
@Timeout(300)
class RealKubernetesTest extends SynchronisationContract {
    private static RealKubernetes real;

    @BeforeAll
    static void open() throws Exception {
        String kubeconfig = System.getenv("KUBECONFIG");
        assumeTrue(
                kubeconfig != null && !kubeconfig.isBlank(),
                "KUBECONFIG names no kube-apiserver: nothing is tested against a real one");
        try {
            real = RealKubernetes.open(Path.of(kubeconfig.split(File.pathSeparator)[0]));
        } catch (RealKubernetes.RefusedException inUse) {
            if ("true".equals(System.getenv("CI"))) {
                throw new AssertionError(inUse.getMessage(), inUse);
            }
            abort(inUse.getMessage());
        }
    }

    @AfterAll
    static void remove() {
        if (real != null) {
            real.remove();
        }
    }

    @Override
    KubernetesApi api() {
        return real;
    }

    @Test
    void whatTheFixtureSaysIsRefusedIsRefused() {
        for (Map<?, ?> document : Fixture.refused()) {
            assertThatThrownBy(() -> real.put(document))
                    .as(Fixture.json(document))
                    .isInstanceOfSatisfying(
                            KubernetesClientException.class,
                            refused -> assertThat(refused.getCode()).isEqualTo(422));
        }
    }

    @Test
    void theKindOfExternalWorkloadsThatWeShipDoesWhatItSays() {
        Map<String, Object> machine = externalWorkload("db-1", "10.192.1.0/30");
        real.put(machine);
        var resource = real.administrator()
                .genericKubernetesResources("cilium.io/v2", "CiliumExternalWorkload")
                .withName("db-1");
        GenericKubernetesResource there = resource.get();
        assertThat(there.<String>get("spec", "ipv4-alloc-cidr")).isEqualTo("10.192.1.0/30");

        there.setAdditionalProperty("status", Map.of("id", 70001, "ip", "10.192.1.1"));
        real.administrator().resource(there).updateStatus();
        there = resource.get();
        assertThat(there.<Integer>get("status", "id")).isEqualTo(70001);
        assertThat(there.<String>get("status", "ip")).isEqualTo("10.192.1.1");

        for (String wrong : List.of("10.192.1.0", "10.192.1.0/33", "256.0.0.0/8", "fd00::/64")) {
            assertThatThrownBy(() -> real.put(externalWorkload("db-2", wrong)))
                    .isInstanceOf(KubernetesClientException.class)
                    .hasMessageContaining("spec.ipv4-alloc-cidr");
        }
    }

    private static Map<String, Object> externalWorkload(String name, String addresses) {
        return Map.of(
                "apiVersion",
                "cilium.io/v2",
                "kind",
                "CiliumExternalWorkload",
                "metadata",
                Map.of("name", name),
                "spec",
                Map.of("ipv4-alloc-cidr", addresses));
    }
}
