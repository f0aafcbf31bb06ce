package io.meshkeep.clustermesh.workload;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.meshkeep.clustermesh.sync.Cluster;
import java.net.HttpURLConnection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Numbers for labels, as CiliumIdentity resources. Used by one thread. Whether an identity is there is asked of the
 * API server each time, and not of a cache that may lag: two numbers for the same labels would split a policy.
 */
final class Identities {
    private static final Logger log = LoggerFactory.getLogger(Identities.class);

    private static final String SOURCE = "k8s:";
    private static final String NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels.";

    /** Put there by Cilium's operator on an identity that it is about to delete. */
    private static final String MARKED_FOR_DELETION = "io.cilium.heartbeat";

    /** Put by us on the identities that we have made, since only those are ours to delete. */
    static final String MADE_BY_US = "meshkeep.io/made-for-external-workload";

    private static final int ATTEMPTS = 64;

    private final KubernetesClient kubernetes;
    private final Cluster cluster;
    private final RandomGenerator random;

    Identities(KubernetesClient kubernetes, Cluster cluster, RandomGenerator random) {
        this.kubernetes = kubernetes;
        this.cluster = cluster;
        this.random = random;
    }

    private MixedOperation<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            identities() {
        return kubernetes.genericKubernetesResources(CiliumResources.IDENTITIES);
    }

    /**
     * The number of labels, made if there is none.
     *
     * @param preferred a number to take if one has to be made and it is free; 0 for none
     * @throws KubernetesClientException if the API server refuses or cannot be reached
     */
    long allocate(SortedMap<String, String> labels, long preferred) {
        Optional<GenericKubernetesResource> found = find(labels);
        if (found.isPresent()) {
            return number(keep(found.get())).getAsLong();
        }
        long number = isOurs(preferred) ? preferred : drawn();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try {
                identities().resource(identity(number, labels)).create();
                log.info("made identity {} for {}", number, labels.get(CiliumResources.POD_NAME));
                return number;
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                number = drawn();
            }
        }
        return allocateFromRest(labels);
    }

    /** When nearly all numbers are taken, drawing does not find those that are left. */
    private long allocateFromRest(SortedMap<String, String> labels) {
        Set<String> taken = new HashSet<>();
        identities()
                .list()
                .getItems()
                .forEach(item -> taken.add(item.getMetadata().getName()));
        for (long number = cluster.firstIdentity(); number <= cluster.lastIdentity(); number++) {
            if (!taken.contains(Long.toString(number))) {
                identities().resource(identity(number, labels)).create();
                return number;
            }
        }
        throw new IllegalStateException("all identities of cluster " + cluster.name() + " are taken");
    }

    private boolean isOurs(long number) {
        return number >= cluster.firstIdentity() && number <= cluster.lastIdentity();
    }

    private long drawn() {
        return random.nextLong(cluster.firstIdentity(), cluster.lastIdentity() + 1);
    }

    /** The identity with exactly these labels; the oldest if several were made at once. */
    private Optional<GenericKubernetesResource> find(SortedMap<String, String> labels) {
        JsonNode wanted = CiliumResources.json(securityLabels(labels));
        return identities().withLabels(resourceLabels(labels)).list().getItems().stream()
                .filter(identity -> number(identity).isPresent())
                .filter(identity ->
                        CiliumResources.part(identity, "security-labels").equals(wanted))
                .min(Comparator.comparing((GenericKubernetesResource identity) ->
                                String.valueOf(identity.getMetadata().getCreationTimestamp()))
                        .thenComparing(identity -> number(identity).getAsLong()));
    }

    /** Takes away the operator's mark, so that it does not delete what is used again. */
    private GenericKubernetesResource keep(GenericKubernetesResource identity) {
        if (!RegisterNode.orEmpty(identity.getMetadata().getAnnotations()).containsKey(MARKED_FOR_DELETION)) {
            return identity;
        }
        GenericKubernetesResource kept = CiliumResources.copy(identity);
        kept.getMetadata().getAnnotations().remove(MARKED_FOR_DELETION);
        return identities().resource(kept).update();
    }

    /**
     * Deletes an identity unless it has changed since, which is how others show that they use it. What we may not
     * delete is left to Cilium's operator, which does the same more slowly.
     */
    void release(GenericKubernetesResource identity) {
        String number = identity.getMetadata().getName();
        try {
            identities()
                    .resource(identity)
                    .lockResourceVersion(identity.getMetadata().getResourceVersion())
                    .delete();
            log.info("released identity {}, which no external workload uses any more", number);
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
                log.debug("identity {} is left to Cilium's operator: deleting it is not permitted", number);
            } else if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND
                    && e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
        }
    }

    /** The identities that were made here and carry the mark. */
    List<GenericKubernetesResource> made() {
        return identities().withLabel(CiliumResources.POD_NAME).list().getItems().stream()
                .filter(identity -> RegisterNode.orEmpty(identity.getMetadata().getAnnotations())
                        .containsKey(MADE_BY_US))
                .filter(identity -> number(identity).isPresent())
                .toList();
    }

    static OptionalLong number(GenericKubernetesResource identity) {
        try {
            return OptionalLong.of(Long.parseLong(identity.getMetadata().getName()));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    private static GenericKubernetesResource identity(long number, SortedMap<String, String> labels) {
        GenericKubernetesResource identity = new GenericKubernetesResource();
        identity.setApiVersion(CiliumResources.API_VERSION);
        identity.setKind("CiliumIdentity");
        identity.setMetadata(new ObjectMetaBuilder()
                .withName(Long.toString(number))
                .withLabels(resourceLabels(labels))
                .addToAnnotations(MADE_BY_US, "true")
                .build());
        identity.setAdditionalProperty("security-labels", securityLabels(labels));
        return identity;
    }

    static SortedMap<String, String> securityLabels(Map<String, String> labels) {
        SortedMap<String, String> withSource = new TreeMap<>();
        labels.forEach((key, value) -> withSource.put(SOURCE + key, value));
        return withSource;
    }

    /** The labels of the resource itself; keys made of a namespace's labels can be longer than Kubernetes allows. */
    private static Map<String, String> resourceLabels(Map<String, String> labels) {
        Map<String, String> kept = new TreeMap<>(labels);
        kept.keySet().removeIf(key -> key.startsWith(NAMESPACE_LABELS));
        return kept;
    }

    /** As a CiliumEndpoint lists them. */
    static List<String> listed(Map<String, String> labels) {
        return labels.entrySet().stream()
                .map(label -> SOURCE + label.getKey() + "=" + label.getValue())
                .sorted()
                .toList();
    }
}
