package io.meshkeep.store.mesh;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** The kinds of keys that a mesh has; reference for their forms is Cilium 1.16 to 1.18. */
public enum MeshKind {
    /** {@code cilium/state/identities/v1/id/NUMBER}, or {@code cilium/cache/identities/v1/CLUSTER/id/NUMBER}. */
    IDENTITY("identities/v1/"),
    /** {@code cilium/state/ip/v1/default/IP}, or {@code cilium/cache/ip/v1/CLUSTER/IP}. */
    ENDPOINT("ip/v1/"),
    /** {@code cilium/state/nodes/v1/CLUSTER/NAME}, or the same under {@code cache}. */
    NODE("nodes/v1/"),
    /** {@code cilium/state/noderegister/v1/NAME}. */
    REGISTRATION("noderegister/v1/"),
    /** {@code cilium/state/services/v1/CLUSTER/NAMESPACE/NAME}, or the same under {@code cache}. */
    SERVICE("services/v1/"),
    /** {@code cilium/state/serviceexports/v1/CLUSTER/NAMESPACE/NAME}, or the same under {@code cache}. */
    SERVICE_EXPORT("serviceexports/v1/");

    /** All of them; {@code values()} copies. */
    static final List<MeshKind> ALL = List.of(values());

    private final String directory;
    private final byte[] directoryBytes;

    MeshKind(String directory) {
        this.directory = directory;
        this.directoryBytes = directory.getBytes(StandardCharsets.US_ASCII);
    }

    byte[] directory() {
        return directoryBytes;
    }

    static MeshKind of(MeshEntry entry) {
        if (entry instanceof Endpoint) {
            return ENDPOINT;
        } else if (entry instanceof Identity) {
            return IDENTITY;
        } else if (entry instanceof Node node) {
            return node.registration() ? REGISTRATION : NODE;
        }
        return ((Service) entry).export() ? SERVICE_EXPORT : SERVICE;
    }

    /** What all keys of this kind and scope begin with, and no key of another scope. */
    public String prefix(Scope scope) {
        return scope.cached() ? "cilium/cache/" + directory + scope.cluster() + "/" : "cilium/state/" + directory;
    }
}
