package io.meshkeep.clustermesh.apiserver;

import io.meshkeep.clustermesh.kvstore.SyncStore;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** The metrics of the synchronisation, under the names that Cilium's have. Read when they are asked for. */
final class ApiServerMetrics {
    private static final String PREFIX = "cilium_clustermesh_apiserver_";

    private ApiServerMetrics() {}

    static void register(PrometheusRegistry registry, ApiServer server) {
        String cluster = server.options().cluster().name();
        gauge(
                registry,
                "kvstore_sync_queue_size",
                "Keys that are not yet as they are wanted.",
                callback -> each(callback, server, cluster, SyncStore::pending),
                "scope",
                "source_cluster");
        CounterWithCallback.builder()
                .name(PREFIX + "kvstore_sync_errors_total")
                .help("Writes that failed; they are tried again.")
                .labelNames("scope", "source_cluster")
                .callback(callback ->
                        server.stores().forEach(store -> callback.call(store.errors(), scope(store), cluster)))
                .register(registry);
        CounterWithCallback.builder()
                .name(PREFIX + "kvstore_sync_writes_total")
                .help("Writes and deletes that were done.")
                .labelNames("scope", "source_cluster")
                .callback(callback ->
                        server.stores().forEach(store -> callback.call(store.writes(), scope(store), cluster)))
                .register(registry);
        gauge(
                registry,
                "kvstore_sync_keys",
                "Keys that are wanted.",
                callback -> each(callback, server, cluster, SyncStore::size),
                "scope",
                "source_cluster");
        gauge(
                registry,
                "kvstore_initial_sync_completed",
                "Whether all keys have been written once.",
                callback -> server.stores()
                        .forEach(store -> callback.call(store.isSynced() ? 1 : 0, scope(store), cluster, "write")),
                "scope",
                "source_cluster",
                "action");
        gauge(
                registry,
                "kvstore_last_heartbeat_timestamp_seconds",
                "When the last heartbeat was written; absent if none was.",
                callback -> {
                    Instant last = server.lastHeartbeat();
                    if (!last.equals(Instant.EPOCH)) {
                        callback.call(last.getEpochSecond(), cluster);
                    }
                },
                "source_cluster");
        gauge(
                registry,
                "bootstrap_seconds",
                "How long it took from the start until everything was written; absent until then.",
                callback -> server.bootstrap().ifPresent(took -> callback.call(took.toMillis() / 1000.0, cluster)),
                "source_cluster");
        JvmMetrics.builder().register(registry);
    }

    private static void each(
            GaugeWithCallback.Callback callback, ApiServer server, String cluster, ToDoubleFunction<SyncStore> value) {
        server.stores().forEach(store -> callback.call(value.applyAsDouble(store), scope(store), cluster));
    }

    /** As Cilium calls it: the third and fourth part of the prefix. */
    private static String scope(SyncStore store) {
        String[] parts = store.prefix().split("/", 5);
        return parts[2] + "/" + parts[3];
    }

    private static void gauge(
            PrometheusRegistry registry,
            String name,
            String help,
            Consumer<GaugeWithCallback.Callback> values,
            String... labels) {
        GaugeWithCallback.builder()
                .name(PREFIX + name)
                .help(help)
                .labelNames(labels)
                .callback(values)
                .register(registry);
    }
}
