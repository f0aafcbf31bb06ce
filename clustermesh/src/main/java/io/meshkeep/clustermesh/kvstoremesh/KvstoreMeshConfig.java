package io.meshkeep.clustermesh.kvstoremesh;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What KVStoreMesh has to know. The names and defaults are those of Cilium's flags.
 *
 * @param clusterName name of the local cluster
 * @param clusterId its number in the mesh
 * @param maxConnectedClusters how many clusters the mesh may have: 255 or 511
 * @param directory of the remote clusters' configurations
 * @param perClusterReadyTimeout a cluster that cannot be connected to within this time does not hold up readiness
 * @param globalReadyTimeout after this time KVStoreMesh is ready in any case
 * @param drainOnRemoval whether what was mirrored of a cluster is deleted when its configuration goes; otherwise it runs
 *     out with its lease
 * @param limits how fast the local store is written
 * @param timing what Cilium has as constants
 */
public record KvstoreMeshConfig(
        String clusterName,
        int clusterId,
        int maxConnectedClusters,
        Path directory,
        Duration perClusterReadyTimeout,
        Duration globalReadyTimeout,
        boolean drainOnRemoval,
        LocalLimits limits,
        Timing timing) {
    /** Cilium's {@code --per-cluster-ready-timeout}. */
    static final Duration PER_CLUSTER_READY_TIMEOUT = Duration.ofSeconds(15);

    /** Cilium's {@code --global-ready-timeout}. */
    static final Duration GLOBAL_READY_TIMEOUT = Duration.ofMinutes(10);

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?");

    /**
     * How fast the local store is written.
     *
     * @param perSecond writes a second, once everything was written; 0 for no limit
     * @param bootstrapPerSecond writes a second until then; 0 for no limit
     * @param maxInFlight how many calls may be without answer
     */
    public record LocalLimits(int perSecond, int bootstrapPerSecond, int maxInFlight) {
        /** As fast as the store is. */
        public static final LocalLimits NONE = new LocalLimits(0, 0, 1024);

        public LocalLimits {
            if (perSecond < 0 || bootstrapPerSecond < 0 || maxInFlight < 1) {
                throw new IllegalArgumentException(
                        "etcd.qps and etcd.bootstrapQps must not be negative, and etcd.maxInflight be at least 1");
            }
        }
    }

    /**
     * Times that need no setting but in tests.
     *
     * @param look how often the directory is looked at
     * @param drainGrace between the deletion of a removed cluster's configuration and that of the rest, so that agents
     *     are gone by then
     * @param heartbeat a remote store from which no heartbeat came for this long is connected to anew; it sends one each
     *     minute
     * @param connect how long to wait for a connection before it is begun anew
     * @param configTry how long one try to read a cluster's configuration may take
     * @param configTotal how long to go on trying before the connection is begun anew
     * @param configCheck how often it is read again
     * @param retry the first wait after a failure
     * @param mostRetry the longest wait between failures
     * @param leaseTtl of the keys that are written
     */
    public record Timing(
            Duration look,
            Duration drainGrace,
            Duration heartbeat,
            Duration connect,
            Duration configTry,
            Duration configTotal,
            Duration configCheck,
            Duration retry,
            Duration mostRetry,
            Duration leaseTtl) {
        /** Cilium's. */
        public static final Timing DEFAULT = new Timing(
                Duration.ofSeconds(1),
                Duration.ofMinutes(3),
                Duration.ofMinutes(2),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                Duration.ofMinutes(3),
                Duration.ofMinutes(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(30),
                Duration.ofMinutes(15));

        Timing withLeaseTtl(Duration ttl) {
            return with(drainGrace, heartbeat, ttl);
        }

        Timing withDrainGrace(Duration grace) {
            return with(grace, heartbeat, leaseTtl);
        }

        Timing withHeartbeat(Duration most) {
            return with(drainGrace, most, leaseTtl);
        }

        private Timing with(Duration grace, Duration most, Duration ttl) {
            return new Timing(look, grace, most, connect, configTry, configTotal, configCheck, retry, mostRetry, ttl);
        }
    }

    public KvstoreMeshConfig {
        Objects.requireNonNull(clusterName, "clusterName");
        Objects.requireNonNull(directory, "directory");
        if (maxConnectedClusters != 255 && maxConnectedClusters != 511) {
            throw new IllegalArgumentException(
                    "max-connected-clusters is " + maxConnectedClusters + "; it can be 255 or 511");
        }
        if (clusterId < 1 || clusterId > maxConnectedClusters) {
            throw new IllegalArgumentException(
                    "cluster-id is " + clusterId + "; in a mesh it is from 1 to " + maxConnectedClusters);
        }
        if (!isName(clusterName)) {
            throw new IllegalArgumentException("cluster-name: " + nameProblem(clusterName));
        }
        if (clusterName.equals("default")) {
            throw new IllegalArgumentException(
                    "cluster-name is \"default\", which Cilium reserves for clusters without a number");
        }
    }

    static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** Why something cannot be a cluster's name. */
    static String nameProblem(String name) {
        return "\"" + name
                + "\" is no name for a cluster: at most 32 lower case letters, digits and dashes, with a letter"
                + " or digit at both ends";
    }
}
