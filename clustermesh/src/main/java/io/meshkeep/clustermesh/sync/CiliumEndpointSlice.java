package io.meshkeep.clustermesh.sync;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;

/** Cilium's {@code ciliumendpointslices.cilium.io}: some endpoints of one namespace. */
@Group("cilium.io")
@Version("v2alpha1")
@Kind("CiliumEndpointSlice")
@Plural("ciliumendpointslices")
final class CiliumEndpointSlice extends SlimObject {
    @JsonProperty
    String namespace;

    @JsonProperty
    List<Endpoint> endpoints;

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Endpoint(String name, long id, CiliumEndpoint.Networking networking, CiliumNode.Encryption encryption) {}
}
