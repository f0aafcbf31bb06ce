package io.meshkeep.clustermesh.kvstoremesh;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.Consumer;

/** The metrics of KVStoreMesh, under the names that Cilium's has. Values are read when they are asked for. */
final class MeshMetrics {
    private static final String PREFIX = "cilium_kvstoremesh_";
    /** Cilium gives its agents' names here; this is none. */
    private static final String NO_NODE = "";

    private MeshMetrics() {}

    static void register(PrometheusRegistry registry, KvstoreMesh mesh) {
        String own = mesh.config().clusterName();
        String[] clusterLabels = {"source_cluster", "source_node_name", "target_cluster"};
        gauge(
                registry,
                "remote_clusters",
                "Remote clusters that are configured.",
                callback -> callback.call(mesh.clusters().size(), own, NO_NODE),
                "source_cluster",
                "source_node_name");
        gauge(
                registry,
                "remote_cluster_readiness_status",
                "Whether a remote cluster is connected to and its configuration read.",
                callback -> mesh.status()
                        .forEach(cluster -> callback.call(isReachable(cluster) ? 1 : 0, own, NO_NODE, cluster.name())),
                clusterLabels);
        gauge(
                registry,
                "remote_cluster_failures",
                "Connections to a remote cluster that were lost.",
                callback -> mesh.status()
                        .forEach(cluster -> callback.call(cluster.failures(), own, NO_NODE, cluster.name())),
                clusterLabels);
        gauge(
                registry,
                "remote_cluster_last_failure_ts",
                "When the last connection to a remote cluster was lost, in seconds since the epoch; 0 if none was.",
                callback -> mesh.status()
                        .forEach(cluster -> callback.call(
                                cluster.lastFailure()
                                        .map(at -> at.toEpochMilli() / 1000.0)
                                        .orElse(0.0),
                                own,
                                NO_NODE,
                                cluster.name())),
                clusterLabels);
        gauge(
                registry,
                "kvstore_sync_queue_size",
                "Entries that wait to be written to the local store.",
                callback -> mesh.clusters()
                        .forEach(cluster -> cluster.mirrors()
                                .forEach((resource, mirror) ->
                                        callback.call(mirror.waiting(), resource.scope(), cluster.name()))),
                "scope",
                "source_cluster");
        CounterWithCallback.builder()
                .name(PREFIX + "kvstore_sync_errors_total")
                .help("Writes to the local store that failed; they are tried again.")
                .labelNames("scope", "source_cluster")
                .callback(callback -> mesh.clusters()
                        .forEach(cluster -> cluster.mirrors()
                                .forEach((resource, mirror) ->
                                        callback.call(mirror.errors(), resource.scope(), cluster.name()))))
                .register(registry);
        gauge(
                registry,
                "kvstore_initial_sync_completed",
                "Whether all entries have been read from the remote store, or written to the local one.",
                callback -> mesh.clusters()
                        .forEach(cluster -> cluster.mirrors().forEach((resource, mirror) -> {
                            callback.call(mirror.isFollowed() ? 1 : 0, resource.scope(), cluster.name(), "read");
                            callback.call(mirror.synced().isDone() ? 1 : 0, resource.scope(), cluster.name(), "write");
                        })),
                "scope",
                "source_cluster",
                "action");
        gauge(
                registry,
                "bootstrap_seconds",
                "How long it took from the start until requests could be served; absent until then.",
                callback -> mesh.bootstrap().ifPresent(took -> callback.call(took.toNanos() * 1e-9, own)),
                "source_cluster");
    }

    private static boolean isReachable(RemoteStatus cluster) {
        return cluster.connected()
                && cluster.config().flatMap(RemoteStatus.Config::retrieved).isPresent();
    }

    private static void gauge(
            PrometheusRegistry registry,
            String name,
            String help,
            Consumer<GaugeWithCallback.Callback> callback,
            String... labels) {
        GaugeWithCallback.builder()
                .name(PREFIX + name)
                .help(help)
                .labelNames(labels)
                .callback(callback)
                .register(registry);
    }
}
