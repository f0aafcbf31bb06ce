package io.meshkeep.clustermesh.sync;

import java.util.Optional;

/**
 * Which cluster this is.
 *
 * @param name Cilium's name of it
 * @param id 0 if it takes part in no mesh
 * @param maxConnectedClusters 255 or 511, which decides how many bits of an identity name the cluster
 * @param serviceExportsEnabled whether service exports are synchronised; empty leaves it out, as Cilium up to 1.16 does
 */
public record Cluster(String name, long id, int maxConnectedClusters, Optional<Boolean> serviceExportsEnabled) {
    private static final int IDENTITY_BITS = 24;
    private static final int FIRST_ALLOCATED = 256;

    /** Cilium's name of a cluster that was given none. */
    public static final String DEFAULT_NAME = "default";

    /** @throws IllegalArgumentException with one line that says what Cilium would refuse */
    public Cluster {
        if (maxConnectedClusters != 255 && maxConnectedClusters != 511) {
            throw new IllegalArgumentException(
                    "--max-connected-clusters=" + maxConnectedClusters + " is invalid; it is 255 or 511");
        }
        if (id < 0 || id > maxConnectedClusters) {
            throw new IllegalArgumentException(
                    "--cluster-id=" + id + " is invalid; it is between 0 and " + maxConnectedClusters);
        }
        if (name.isEmpty() || name.indexOf('/') >= 0) {
            // it is part of keys; Cilium up to 1.16 let anything else pass
            throw new IllegalArgumentException("--cluster-name=\"" + name + "\" is invalid");
        }
        if (id != 0 && name.equals(DEFAULT_NAME)) {
            throw new IllegalArgumentException(
                    "--cluster-name is needed with --cluster-id: the name \"default\" is for a cluster on its own");
        }
    }

    /** A cluster of at most 255. */
    public static Cluster of(String name, long id) {
        return new Cluster(name, id, 255, Optional.empty());
    }

    /** The least identity that this cluster gives out. Those below 256 are reserved, which only cluster 0 meets. */
    public long firstIdentity() {
        return id == 0 ? FIRST_ALLOCATED : id << shift();
    }

    /** The greatest identity that this cluster gives out. */
    public long lastIdentity() {
        return (id + 1 << shift()) - 1;
    }

    private int shift() {
        return IDENTITY_BITS - Integer.bitCount(maxConnectedClusters);
    }
}
