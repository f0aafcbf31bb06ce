package io.meshkeep.clustermesh.kvstoremesh;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * How it stands with one remote cluster.
 *
 * @param name the cluster's
 * @param connected whether there is a connection
 * @param ready whether all of it is mirrored, and followed
 * @param status a line for people about the connection
 * @param config what the cluster says of itself, once it is read; empty before there is a connection
 * @param failures how many connections were lost
 * @param lastFailure when the last one was
 * @param resources the number of entries, and whether they are followed, for each kind
 */
record RemoteStatus(
        String name,
        boolean connected,
        boolean ready,
        String status,
        Optional<Config> config,
        int failures,
        Optional<Instant> lastFailure,
        Map<Resource, Followed> resources) {

    /**
     * The configuration of a connected cluster.
     *
     * @param retrieved empty while it is waited for
     */
    record Config(Optional<ClusterConfig> retrieved) {}

    /** How it stands with one kind of entries. */
    record Followed(long entries, boolean synced) {}

    Followed of(Resource resource) {
        return resources.get(resource);
    }
}
