package io.meshkeep.clustermesh.kvstoremesh;

/** A kind of what a cluster publishes. */
enum Resource {
    NODES("nodes/v1"),
    SERVICES("services/v1"),
    /** Since Cilium 1.17. */
    SERVICE_EXPORTS("serviceexports/v1"),
    /** Not below the cluster's name where the cluster itself writes them; the {@code id/} after it goes along. */
    IDENTITIES("identities/v1"),
    /** Not below the cluster's name where the cluster itself writes them, but below the address space, which is one. */
    ENDPOINTS("ip/v1");

    private static final String STATE = "cilium/state/";
    private static final String CACHE = "cilium/cache/";
    private static final String ADDRESS_SPACE = "default";

    private final String path;

    Resource(String path) {
        this.path = path;
    }

    /** The name that metrics give it. */
    String scope() {
        return path;
    }

    /** What its "synced" key is called, in a cluster that publishes itself or of what is mirrored. */
    String syncedName(boolean cached) {
        return (cached ? CACHE : STATE) + path;
    }

    /** Where a remote cluster has it: its own, or what it mirrors. */
    String remotePrefix(String cluster, boolean cached) {
        if (cached) {
            return cachePrefix(cluster);
        }
        return switch (this) {
            case IDENTITIES -> STATE + path + "/";
            case ENDPOINTS -> STATE + path + "/" + ADDRESS_SPACE + "/";
            default -> STATE + path + "/" + cluster + "/";
        };
    }

    /** Where it is mirrored to. */
    String cachePrefix(String cluster) {
        return CACHE + path + "/" + cluster + "/";
    }
}
