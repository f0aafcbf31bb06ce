package io.meshkeep.clustermesh.workload;

import io.meshkeep.clustermesh.sync.Cluster;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * What is written below {@code cilium/state/noderegister/v1/}: a VM announces itself there, is answered there with its
 * identity, and tells its addresses there. Fields and their order are those of Cilium's {@code Node}; what is absent is
 * null, so that it is written as it was read.
 */
public record RegisterNode(
        String name,
        String cluster,
        List<Address> addresses,
        Cidr ipv4AllocCidr,
        List<Cidr> ipv4SecondaryAllocCidrs,
        Cidr ipv6AllocCidr,
        List<Cidr> ipv6SecondaryAllocCidrs,
        String ipv4HealthIp,
        String ipv6HealthIp,
        String ipv4IngressIp,
        String ipv6IngressIp,
        long clusterId,
        String source,
        int encryptionKey,
        SortedMap<String, String> labels,
        SortedMap<String, String> annotations,
        long identity,
        String wireguardPublicKey,
        String bootId) {

    /** Where the pairs lie. */
    public static final String PREFIX = "cilium/state/noderegister/v1/";

    private static final String INTERNAL_IP = "InternalIP";
    private static final String EXTERNAL_IP = "ExternalIP";
    private static final String CILIUM_INTERNAL_IP = "CiliumInternalIP";

    /** An address of a node; the type is one of Kubernetes', or {@code CiliumInternalIP}. */
    public record Address(String type, String ip) {
        boolean isV6() {
            return ip.indexOf(':') >= 0;
        }
    }

    /** Whether the VM has an identity and tells where it is. */
    public boolean isComplete() {
        return identity != 0 && addresses != null && !addresses.isEmpty();
    }

    /**
     * The address at which the VM is reached: an internal one before an external one before any other that is not
     * Cilium's own.
     */
    Optional<String> nodeIp(boolean v6) {
        String found = null;
        for (Address address : addresses == null ? List.<Address>of() : addresses) {
            if (address.isV6() != v6 || address.type().equals(CILIUM_INTERNAL_IP)) {
                continue;
            }
            if (address.type().equals(INTERNAL_IP)) {
                return Optional.of(address.ip());
            }
            if (found == null || address.type().equals(EXTERNAL_IP)) {
                found = address.ip();
            }
        }
        return Optional.ofNullable(found);
    }

    /** This node with what the cluster decides: its name and number, the workload's labels and ranges. */
    RegisterNode under(ExternalWorkload workload, Cluster in) {
        return new RegisterNode(
                name,
                in.name(),
                addresses,
                workload.ipv4AllocCidr().orElse(ipv4AllocCidr),
                ipv4SecondaryAllocCidrs,
                workload.ipv6AllocCidr().orElse(ipv6AllocCidr),
                ipv6SecondaryAllocCidrs,
                ipv4HealthIp,
                ipv6HealthIp,
                ipv4IngressIp,
                ipv6IngressIp,
                in.id(),
                source,
                encryptionKey,
                workload.identityLabels(in),
                annotations,
                identity,
                wireguardPublicKey,
                bootId);
    }

    /** This node with an identity and no addresses, which tells the VM that it may go on. */
    RegisterNode answered(long number) {
        return new RegisterNode(
                name,
                cluster,
                null,
                ipv4AllocCidr,
                ipv4SecondaryAllocCidrs,
                ipv6AllocCidr,
                ipv6SecondaryAllocCidrs,
                ipv4HealthIp,
                ipv6HealthIp,
                ipv4IngressIp,
                ipv6IngressIp,
                clusterId,
                source,
                encryptionKey,
                labels,
                annotations,
                number,
                wireguardPublicKey,
                bootId);
    }

    static Map<String, String> orEmpty(Map<String, String> map) {
        return map == null ? Map.of() : map;
    }
}
