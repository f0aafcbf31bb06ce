package io.meshkeep.clustermesh.kvstoremesh;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Which cluster has which number. Two clusters with one number would mix up their identities, so the second is refused.
 * Thread-safe.
 */
final class ClusterIds {
    private final int most;
    private final Map<Integer, String> names = new HashMap<>();

    /**
     * @param most the highest number of the mesh, 255 or 511
     * @param own number and name of the local cluster
     */
    ClusterIds(int most, int own, String name) {
        this.most = most;
        names.put(own, name);
    }

    /**
     * Takes a number for a cluster, which gives up the one that it had.
     *
     * @return why it cannot have it; empty if it has it now
     */
    synchronized Optional<String> take(int id, String cluster) {
        if (id == 0) {
            return Optional.of("it has no cluster id (0 is reserved); set cluster.id there");
        }
        if (id > most) {
            return Optional.of("its cluster id " + id + " is above " + most + ", the most in this mesh"
                    + " (--max-connected-clusters must be the same everywhere)");
        }
        String holder = names.get(id);
        if (holder != null && !holder.equals(cluster)) {
            return Optional.of("its cluster id " + id + " is that of cluster \"" + holder + "\" already");
        }
        release(cluster);
        names.put(id, cluster);
        return Optional.empty();
    }

    /** Gives up a cluster's number. */
    synchronized void release(String cluster) {
        names.values().removeIf(holder -> Objects.equals(holder, cluster));
    }
}
