package io.meshkeep.clustermesh.sync;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;

/** Cilium's {@code ciliumnodes.cilium.io}. */
@Group("cilium.io")
@Version("v2")
@Kind("CiliumNode")
@Plural("ciliumnodes")
final class CiliumNode extends SlimObject {
    @JsonProperty
    Spec spec;

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Spec(
            List<Address> addresses,
            AddressPair health,
            AddressPair ingress,
            Encryption encryption,
            Ipam ipam,
            long nodeidentity,
            String bootid) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Address(String type, String ip) {}

    /** An IPv4 and an IPv6 address, both optional. */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record AddressPair(String ipv4, String ipv6) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Encryption(long key) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Ipam(List<String> podCIDRs, Pools pools) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Pools(List<Pool> allocated) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Pool(List<String> cidrs) {}
}
