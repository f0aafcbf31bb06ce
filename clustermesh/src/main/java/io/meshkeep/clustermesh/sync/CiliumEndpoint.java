package io.meshkeep.clustermesh.sync;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;

/** Cilium's {@code ciliumendpoints.cilium.io}: a pod, by its name. */
@Group("cilium.io")
@Version("v2")
@Kind("CiliumEndpoint")
@Plural("ciliumendpoints")
final class CiliumEndpoint extends SlimObject implements Namespaced {
    @JsonProperty
    Status status;

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Status(Identity identity, Networking networking, CiliumNode.Encryption encryption) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Identity(long id) {}

    /** @param node the node's address */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Networking(List<CiliumNode.AddressPair> addressing, String node) {}
}
