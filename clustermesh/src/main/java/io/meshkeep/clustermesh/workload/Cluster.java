package io.meshkeep.clustermesh.workload;

/**
 * This cluster within its mesh.
 *
 * @param name the cluster's name
 * @param id its number; 0 if it is in no mesh
 * @param maxConnectedClusters 255 or 511, which decides how many bits of an identity name the cluster
 */
public record Cluster(String name, int id, int maxConnectedClusters) {
    private static final int IDENTITY_BITS = 24;
    private static final int FIRST_ALLOCATED = 256;

    /** @throws IllegalArgumentException with a one-line message, if the numbers are not Cilium's */
    public Cluster {
        if (maxConnectedClusters != 255 && maxConnectedClusters != 511) {
            throw new IllegalArgumentException("max-connected-clusters is 255 or 511, not " + maxConnectedClusters);
        }
        if (id < 0 || id > maxConnectedClusters) {
            throw new IllegalArgumentException("cluster-id " + id + " is not between 0 and " + maxConnectedClusters);
        }
    }

    private int shift() {
        return IDENTITY_BITS - Integer.bitCount(maxConnectedClusters);
    }

    /** The least identity that this cluster gives out. Those below 256 are reserved, which only cluster 0 meets. */
    int firstIdentity() {
        return id == 0 ? FIRST_ALLOCATED : id << shift();
    }

    /** The greatest identity that this cluster gives out. */
    int lastIdentity() {
        return ((id + 1) << shift()) - 1;
    }
}
