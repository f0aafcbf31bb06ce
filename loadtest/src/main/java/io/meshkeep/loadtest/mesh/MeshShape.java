package io.meshkeep.loadtest.mesh;

/**
 * How large a mesh is.
 *
 * @param clusters number of clusters, at most 511
 * @param nodes nodes of each cluster
 * @param identities identities of each cluster, at most 32,000
 * @param endpoints endpoints of each cluster, at most 60,000
 * @param services global services of each cluster
 */
public record MeshShape(int clusters, int nodes, int identities, int endpoints, int services) {
    /** The shape of Cilium's nightly scale test: 300,000 keys. */
    public static final MeshShape NIGHTLY = new MeshShape(250, 100, 100, 1000, 0);

    public MeshShape {
        if (clusters < 1
                || clusters > 511
                || nodes < 1
                || identities < 1
                || identities > 32_000
                || endpoints > 60_000) {
            throw new IllegalArgumentException("a mesh cannot be of this size");
        }
    }

    /** Keys that such a mesh has. */
    public int keys() {
        return clusters * (nodes + identities + endpoints + services);
    }
}
