package io.meshkeep.clustermesh.workload;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.meshkeep.clustermesh.sync.Cluster;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * A CiliumExternalWorkload: the permission for a VM to join.
 *
 * @param name the VM's host name
 * @param labels what is selected by policies
 * @param ipv4AllocCidr the VM's own range; empty if there is none, or if it is not one
 * @param statusId the identity that was given to the VM; 0 before
 * @param statusIp the address at which the VM is; empty before it joined and after it is gone
 */
public record ExternalWorkload(
        String name,
        Map<String, String> labels,
        Optional<Cidr> ipv4AllocCidr,
        Optional<Cidr> ipv6AllocCidr,
        long statusId,
        Optional<String> statusIp) {

    /** Reads one from Kubernetes. */
    public static ExternalWorkload of(GenericKubernetesResource resource) {
        JsonNode spec = CiliumResources.part(resource, "spec");
        JsonNode status = CiliumResources.part(resource, "status");
        return new ExternalWorkload(
                resource.getMetadata().getName(),
                Map.copyOf(RegisterNode.orEmpty(resource.getMetadata().getLabels())),
                cidr(spec.path("ipv4-alloc-cidr"), false),
                cidr(spec.path("ipv6-alloc-cidr"), true),
                status.path("id").asLong(0),
                Optional.of(status.path("ip").asString("")).filter(ip -> !ip.isEmpty()));
    }

    private static Optional<Cidr> cidr(JsonNode text, boolean v6) {
        return Optional.ofNullable(Cidr.parse(text.asString(""))).filter(cidr -> cidr.isV6() == v6);
    }

    /** The namespace that the VM belongs to. */
    public String namespace() {
        String namespace = labels.getOrDefault(CiliumResources.POD_NAMESPACE, "");
        return namespace.isEmpty() ? "default" : namespace;
    }

    /**
     * The labels of the VM's identity: the workload's, and what every pod has, so that policies select the VM like a
     * pod.
     */
    public SortedMap<String, String> identityLabels(Cluster cluster) {
        SortedMap<String, String> all = new TreeMap<>(labels);
        all.put(CiliumResources.POD_NAMESPACE, namespace());
        if (all.getOrDefault(CiliumResources.POD_NAME, "").isEmpty()) {
            all.put(CiliumResources.POD_NAME, name);
        }
        all.put(CiliumResources.POLICY_CLUSTER, cluster.name());
        return all;
    }
}
