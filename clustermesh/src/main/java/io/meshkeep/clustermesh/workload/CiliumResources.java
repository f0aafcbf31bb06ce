package io.meshkeep.clustermesh.workload;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/**
 * The kinds of Cilium that external workloads are made of. They are handled as JSON, not as typed classes, so that an
 * update keeps the fields that we do not know.
 */
public final class CiliumResources {
    /** {@code CiliumExternalWorkload}: a VM that may join. */
    public static final ResourceDefinitionContext EXTERNAL_WORKLOADS =
            context("CiliumExternalWorkload", "ciliumexternalworkloads", false);

    /** {@code CiliumIdentity}: labels with a number. */
    public static final ResourceDefinitionContext IDENTITIES = context("CiliumIdentity", "ciliumidentities", false);

    /** {@code CiliumNode}: a node of the cluster; a VM is one. */
    public static final ResourceDefinitionContext NODES = context("CiliumNode", "ciliumnodes", false);

    /** {@code CiliumEndpoint}: what has an IP address and an identity. */
    public static final ResourceDefinitionContext ENDPOINTS = context("CiliumEndpoint", "ciliumendpoints", true);

    /** The label that holds the namespace of a pod, and so of a VM. */
    public static final String POD_NAMESPACE = "io.kubernetes.pod.namespace";

    static final String API_VERSION = "cilium.io/v2";
    static final String POD_NAME = "io.kubernetes.pod.name";
    static final String POLICY_CLUSTER = "io.cilium.k8s.policy.cluster";

    private static final JsonMapper MAPPER = JsonMapper.shared();

    private CiliumResources() {}

    private static ResourceDefinitionContext context(String kind, String plural, boolean namespaced) {
        return new ResourceDefinitionContext.Builder()
                .withGroup("cilium.io")
                .withVersion("v2")
                .withKind(kind)
                .withPlural(plural)
                .withNamespaced(namespaced)
                .build();
    }

    /** A part of a resource beside its metadata; a missing node if there is none. */
    static JsonNode part(GenericKubernetesResource resource, String field) {
        Object part = resource.getAdditionalProperties().get(field);
        return part == null ? MissingNode.getInstance() : json(part);
    }

    /** As JSON that compares by value, whatever kind of numbers it was made of. */
    static JsonNode json(Object value) {
        return MAPPER.readTree(MAPPER.writeValueAsBytes(value));
    }

    static GenericKubernetesResource copy(GenericKubernetesResource resource) {
        return Serialization.clone(resource);
    }

    static OwnerReference ownedBy(GenericKubernetesResource owner) {
        return new OwnerReferenceBuilder()
                .withApiVersion(API_VERSION)
                .withKind(owner.getKind())
                .withName(owner.getMetadata().getName())
                .withUid(owner.getMetadata().getUid())
                .build();
    }

    /** Whether a resource belongs to one of a kind and name, be it an earlier one of that name. */
    static boolean isOwnedBy(GenericKubernetesResource resource, String kind, String name) {
        return resource.getMetadata().getOwnerReferences().stream()
                .anyMatch(
                        owner -> owner.getKind().equals(kind) && owner.getName().equals(name));
    }
}
