package io.meshkeep.clustermesh.workload;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Who has which addresses: nodes and external workloads must not share one. */
public final class AddressClaims {
    /**
     * An address that two claim.
     *
     * @param ip the address
     * @param owner the node that has it
     */
    public record Conflict(String ip, GenericKubernetesResource owner) {
        /** Who has it, in words. */
        public String describe() {
            String kind = Publication.isOfWorkload(owner) ? "external workload " : "node ";
            return "its address " + ip + " is that of " + kind
                    + owner.getMetadata().getName();
        }
    }

    private AddressClaims() {}

    /** The first CiliumNode of another name that has one of the addresses. */
    public static Optional<Conflict> find(
            String name, Collection<RegisterNode.Address> addresses, Collection<GenericKubernetesResource> nodes) {
        Set<String> claimed = new HashSet<>();
        addresses.forEach(address -> claimed.add(address.ip()));
        for (GenericKubernetesResource node : nodes) {
            if (node.getMetadata().getName().equals(name)) {
                continue;
            }
            for (JsonNode address : CiliumResources.part(node, "spec").path("addresses")) {
                String ip = Cidr.canonical(address.path("ip").asString(""));
                if (ip != null && claimed.contains(ip)) {
                    return Optional.of(new Conflict(ip, node));
                }
            }
        }
        return Optional.empty();
    }

    /** The ranges out of which a node gives addresses to what runs on it. */
    public static Set<Cidr> ranges(GenericKubernetesResource node) {
        Set<Cidr> ranges = new HashSet<>();
        for (JsonNode range : CiliumResources.part(node, "spec").path("ipam").path("podCIDRs")) {
            Cidr cidr = Cidr.parse(range.asString(""));
            if (cidr != null) {
                ranges.add(cidr);
            }
        }
        return ranges;
    }
}
