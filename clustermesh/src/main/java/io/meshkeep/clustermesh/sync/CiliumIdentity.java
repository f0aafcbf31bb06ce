package io.meshkeep.clustermesh.sync;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.Map;

/** Cilium's {@code ciliumidentities.cilium.io}; the name is the number. */
@Group("cilium.io")
@Version("v2")
@Kind("CiliumIdentity")
@Plural("ciliumidentities")
final class CiliumIdentity extends SlimObject {
    /** Values by source and key, such as {@code k8s:app}. */
    @JsonProperty("security-labels")
    Map<String, String> securityLabels;
}
