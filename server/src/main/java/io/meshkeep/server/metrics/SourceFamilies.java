package io.meshkeep.server.metrics;

import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** The families whose values come from a {@link MetricsSource}; empty until there is one. */
final class SourceFamilies {
    private final Families families;
    private final Supplier<MetricsSource> source;

    private SourceFamilies(Families families, Supplier<MetricsSource> source) {
        this.families = families;
        this.source = source;
    }

    /** @param source gives null until the source is known */
    static void register(Families families, Supplier<MetricsSource> source) {
        SourceFamilies f = new SourceFamilies(families, source);
        f.registerMvcc();
        f.registerServer();
    }

    private void registerMvcc() {
        gauge("etcd_debugging_mvcc_current_revision", "The newest revision.", MetricsSource::currentRevision);
        gauge(
                "etcd_debugging_mvcc_compact_revision",
                "The revision of the last compaction.",
                MetricsSource::compactRevision);
        gauge(
                "etcd_debugging_mvcc_db_compaction_last",
                "When the last compaction ended, in Unix time; 0 if there was none since the start.",
                MetricsSource::lastCompactionSeconds);
        gauge("etcd_debugging_mvcc_keys_total", "Current keys.", MetricsSource::keys);
        gauge("etcd_debugging_mvcc_watcher_total", "Open watches.", MetricsSource::watchers);
        gauge("etcd_debugging_mvcc_watch_stream_total", "Open watch streams.", MetricsSource::watchStreams);
        gauge(
                "etcd_debugging_mvcc_slow_watcher_total",
                "Watches that are catching up with the present.",
                MetricsSource::slowWatchers);
        gauge(
                "etcd_debugging_mvcc_pending_events_total",
                "Events taken up for watchers and not yet sent.",
                MetricsSource::pendingEvents);
        gauge("etcd_mvcc_db_total_size_in_bytes", "Bytes of the store on disk.", MetricsSource::dbSizeBytes);
        gauge(
                "etcd_mvcc_db_total_size_in_use_in_bytes",
                "Bytes of the store on disk that hold live data.",
                MetricsSource::dbSizeInUseBytes);
        gauge(
                "etcd_mvcc_db_open_read_transactions",
                "Views of the store's past that are held open.",
                MetricsSource::openReadTransactions);
        gauge("etcd_server_quota_backend_bytes", "The store's quota in bytes.", MetricsSource::quotaBytes);
        gauge("etcd_disk_defrag_inflight", "Whether a defragmentation is running.", s -> s.defragmenting() ? 1 : 0);
        gauge("etcd_debugging_auth_revision", "The revision of the user and role store.", MetricsSource::authRevision);
    }

    private void registerServer() {
        families.labelledGauge("etcd_server_id", "This member's id, as a label.", List.of("server_id"), callback -> {
            MetricsSource s = source.get();
            if (s != null) {
                callback.call(1, Long.toHexString(s.memberId()));
            }
        });
        gauge("etcd_server_has_leader", "Whether there is a leader.", s -> s.hasLeader() ? 1 : 0);
        gauge("etcd_server_is_leader", "Whether this member leads.", s -> s.isLeader() ? 1 : 0);
        gauge("etcd_server_is_learner", "Whether this member only learns; it never does.", s -> 0);
        families.labelledCounter(
                "etcd_server_leader_changes_seen_total", "Leaders seen since the start.", List.of(), callback -> {
                    MetricsSource s = source.get();
                    if (s != null) {
                        callback.call(s.leaderChanges());
                    }
                });
        gauge(
                "etcd_server_proposals_committed_total",
                "The index of the newest committed command.",
                MetricsSource::proposalsCommitted);
        gauge(
                "etcd_server_proposals_applied_total",
                "The index of the newest applied command.",
                MetricsSource::proposalsApplied);
        gauge(
                "etcd_server_proposals_pending",
                "Commands taken in and not yet committed.",
                MetricsSource::proposalsPending);
    }

    private void gauge(String name, String help, ToLongFunction<MetricsSource> value) {
        families.labelledGauge(name, help, List.of(), callback -> {
            MetricsSource s = source.get();
            if (s != null) {
                callback.call(value.applyAsLong(s));
            }
        });
    }
}
