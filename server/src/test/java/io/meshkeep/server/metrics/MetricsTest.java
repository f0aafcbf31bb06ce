package io.meshkeep.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class MetricsTest {
    /** What dashboards, alerts and Cilium's scale test read. */
    private static final List<String> REQUIRED = List.of(
            "etcd_cluster_version",
            "etcd_debugging_lease_granted_total",
            "etcd_debugging_lease_renewed_total",
            "etcd_debugging_lease_revoked_total",
            "etcd_debugging_mvcc_compact_revision",
            "etcd_debugging_mvcc_current_revision",
            "etcd_debugging_mvcc_db_compaction_keys_total",
            "etcd_debugging_mvcc_events_total",
            "etcd_debugging_mvcc_keys_total",
            "etcd_debugging_mvcc_pending_events_total",
            "etcd_debugging_mvcc_slow_watcher_total",
            "etcd_debugging_mvcc_watch_stream_total",
            "etcd_debugging_mvcc_watcher_total",
            "etcd_disk_backend_commit_duration_seconds",
            "etcd_disk_wal_fsync_duration_seconds",
            "etcd_mvcc_db_total_size_in_bytes",
            "etcd_mvcc_db_total_size_in_use_in_bytes",
            "etcd_mvcc_delete_total",
            "etcd_mvcc_put_total",
            "etcd_mvcc_range_total",
            "etcd_mvcc_txn_total",
            "etcd_network_client_grpc_received_bytes_total",
            "etcd_network_client_grpc_sent_bytes_total",
            "etcd_server_client_requests_total",
            "etcd_server_has_leader",
            "etcd_server_health_failures",
            "etcd_server_health_success",
            "etcd_server_healthcheck",
            "etcd_server_healthchecks_total",
            "etcd_server_id",
            "etcd_server_is_leader",
            "etcd_server_leader_changes_seen_total",
            "etcd_server_proposals_applied_total",
            "etcd_server_proposals_committed_total",
            "etcd_server_proposals_failed_total",
            "etcd_server_proposals_pending",
            "etcd_server_quota_backend_bytes",
            "etcd_server_slow_apply_total",
            "etcd_server_slow_read_indexes_total",
            "etcd_server_version",
            "grpc_server_handled_total",
            "grpc_server_handling_seconds",
            "grpc_server_msg_received_total",
            "grpc_server_msg_sent_total",
            "grpc_server_started_total",
            "process_cpu_seconds_total",
            "process_max_fds",
            "process_open_fds",
            "process_resident_memory_bytes",
            "process_start_time_seconds",
            "process_virtual_memory_bytes");

    private record Shape(String type, Set<String> labels) {}

    @Test
    void everyFamilyOfEtcdHasItsTypeAndLabels() throws IOException {
        Map<String, Shape> etcd = etcdFamilies();
        Map<String, PrometheusText.Family> ours = scrape(busyMetrics()).families();

        assertThat(ours).containsKeys(REQUIRED.toArray(String[]::new));
        ours.forEach((name, family) -> {
            if (name.startsWith("jvm_")) {
                return;
            }
            assertThat(etcd).containsKey(name);
            assertThat(new Shape(family.type(), family.labelNames())).as(name).isEqualTo(etcd.get(name));
            assertThat(family.help()).as(name).isNotBlank();
        });
    }

    @Test
    void gaugesShowTheSource() {
        PrometheusText text = scrape(busyMetrics());

        assertThat(text.value("etcd_server_id", "server_id", "ef12a2ed4f459e98"))
                .isEqualTo(1);
        assertThat(text.value("etcd_server_version", "server_version", "3.5.33"))
                .isEqualTo(1);
        assertThat(text.value("etcd_cluster_version", "cluster_version", "3.5")).isEqualTo(1);
        Map<String, Double> expected = new HashMap<>();
        expected.put("etcd_debugging_mvcc_current_revision", 1001.0);
        expected.put("etcd_debugging_mvcc_compact_revision", -1.0);
        expected.put("etcd_debugging_mvcc_db_compaction_last", 1003.0);
        expected.put("etcd_debugging_mvcc_keys_total", 1004.0);
        expected.put("etcd_debugging_mvcc_watcher_total", 1005.0);
        expected.put("etcd_debugging_mvcc_watch_stream_total", 1006.0);
        expected.put("etcd_debugging_mvcc_slow_watcher_total", 1007.0);
        expected.put("etcd_debugging_mvcc_pending_events_total", 1008.0);
        expected.put("etcd_mvcc_db_total_size_in_bytes", 1009.0);
        expected.put("etcd_mvcc_db_total_size_in_use_in_bytes", 1010.0);
        expected.put("etcd_mvcc_db_open_read_transactions", 1011.0);
        expected.put("etcd_server_quota_backend_bytes", 2147483648.0);
        expected.put("etcd_server_has_leader", 1.0);
        expected.put("etcd_server_is_leader", 0.0);
        expected.put("etcd_server_leader_changes_seen_total", 1015.0);
        expected.put("etcd_server_proposals_committed_total", 1016.0);
        expected.put("etcd_server_proposals_applied_total", 1017.0);
        expected.put("etcd_server_proposals_pending", 1018.0);
        expected.put("etcd_debugging_auth_revision", 1019.0);
        expected.put("etcd_disk_defrag_inflight", 1.0);
        expected.forEach((name, value) -> assertThat(text.value(name)).as(name).isEqualTo(value));
    }

    @Test
    void countersShowWhatWasCounted() {
        Metrics metrics = new Metrics("3.5.33", false);
        metrics.mvcc().puts().add(2);
        metrics.mvcc().deletes().add(3);
        metrics.mvcc().txns().add(4);
        metrics.mvcc().ranges().add(5);
        metrics.mvcc().events().add(6);
        metrics.mvcc().putBytes().add(7);
        metrics.mvcc().compactedKeys().add(8);
        metrics.lease().granted(100);
        metrics.lease().renewed().add(9);
        metrics.lease().revoked().add(10);
        metrics.lease().expired().add(11);
        metrics.server().receivedBytes().add(12);
        metrics.server().sentBytes().add(13);
        metrics.server().proposalsFailed().add(14);
        metrics.server().slowApplies().add(15);
        metrics.server().slowReadIndexes().add(16);
        metrics.server().failedReadIndexes().add(17);
        metrics.disk().walBytes().add(18);
        metrics.health().health(true);
        metrics.health().health(false);
        metrics.health().health(false);

        PrometheusText text = scrape(metrics);

        assertThat(text.value("etcd_mvcc_put_total")).isEqualTo(2);
        assertThat(text.value("etcd_mvcc_delete_total")).isEqualTo(3);
        assertThat(text.value("etcd_mvcc_txn_total")).isEqualTo(4);
        assertThat(text.value("etcd_mvcc_range_total")).isEqualTo(5);
        assertThat(text.value("etcd_debugging_mvcc_range_total")).isEqualTo(5);
        assertThat(text.value("etcd_debugging_mvcc_events_total")).isEqualTo(6);
        assertThat(text.value("etcd_debugging_mvcc_total_put_size_in_bytes")).isEqualTo(7);
        assertThat(text.value("etcd_debugging_mvcc_db_compaction_keys_total")).isEqualTo(8);
        assertThat(text.value("etcd_debugging_lease_granted_total")).isEqualTo(1);
        assertThat(text.value("etcd_debugging_lease_ttl_total_sum")).isEqualTo(100);
        assertThat(text.value("etcd_debugging_lease_renewed_total")).isEqualTo(9);
        assertThat(text.value("etcd_debugging_lease_revoked_total")).isEqualTo(10);
        assertThat(text.value("etcd_debugging_server_lease_expired_total")).isEqualTo(11);
        assertThat(text.value("etcd_network_client_grpc_received_bytes_total")).isEqualTo(12);
        assertThat(text.value("etcd_network_client_grpc_sent_bytes_total")).isEqualTo(13);
        assertThat(text.value("etcd_server_proposals_failed_total")).isEqualTo(14);
        assertThat(text.value("etcd_server_slow_apply_total")).isEqualTo(15);
        assertThat(text.value("etcd_server_slow_read_indexes_total")).isEqualTo(16);
        assertThat(text.value("etcd_server_read_indexes_failed_total")).isEqualTo(17);
        assertThat(text.value("etcd_disk_wal_write_bytes_total")).isEqualTo(18);
        assertThat(text.value("etcd_server_health_success")).isEqualTo(1);
        assertThat(text.value("etcd_server_health_failures")).isEqualTo(2);
    }

    @Test
    void durationsAreKeptInTheUnitOfTheirName() {
        Metrics metrics = new Metrics("3.5.33", false);
        metrics.disk().walFsync().observeNanos(3_000_000);
        metrics.mvcc().compaction().observeNanos(250_000_000);

        PrometheusText text = scrape(metrics);

        assertThat(text.value("etcd_disk_wal_fsync_duration_seconds_sum")).isEqualTo(0.003);
        assertThat(text.value("etcd_disk_wal_fsync_duration_seconds_bucket", "le", "0.002"))
                .isZero();
        assertThat(text.value("etcd_disk_wal_fsync_duration_seconds_bucket", "le", "0.004"))
                .isEqualTo(1);
        assertThat(text.value("etcd_debugging_mvcc_db_compaction_total_duration_milliseconds_sum"))
                .isEqualTo(250);
    }

    @Test
    void callsAreCountedByMethodAndStatus() {
        Metrics metrics = new Metrics("3.5.33", true);
        MethodMetrics range = metrics.grpc().forMethod("etcdserverpb.KV", "Range", GrpcType.UNARY);
        range.handled(Status.Code.OK, range.started());
        range.handled(Status.Code.CANCELLED, range.started());
        range.started();
        range.messageReceived();
        range.messageSent();
        range.messageSent();

        assertThat(metrics.grpc().forMethod("etcdserverpb.KV", "Range", GrpcType.UNARY))
                .isSameAs(range);
        PrometheusText text = scrape(metrics);
        String[] labels = {"grpc_method", "Range", "grpc_service", "etcdserverpb.KV", "grpc_type", "unary"};
        assertThat(text.value("grpc_server_started_total", labels)).isEqualTo(3);
        assertThat(text.value("grpc_server_msg_received_total", labels)).isEqualTo(1);
        assertThat(text.value("grpc_server_msg_sent_total", labels)).isEqualTo(2);
        assertThat(text.value("grpc_server_handling_seconds_count", labels)).isEqualTo(2);
        Map<String, Double> handled = new HashMap<>();
        text.families()
                .get("grpc_server_handled_total")
                .samples()
                .forEach(s -> handled.put(s.labels().get("grpc_code"), s.value()));
        assertThat(handled)
                .hasSize(17)
                .containsEntry("OK", 1.0)
                .containsEntry("Canceled", 1.0)
                .containsEntry("DeadlineExceeded", 0.0)
                .containsEntry("Unauthenticated", 0.0);
    }

    @Test
    void handlingTimesAreMeasuredOnlyWhenAskedFor() {
        Metrics metrics = new Metrics("3.5.33", false);
        MethodMetrics put = metrics.grpc().forMethod("etcdserverpb.KV", "Put", GrpcType.UNARY);
        put.handled(Status.Code.OK, put.started());

        assertThat(scrape(metrics).families()).doesNotContainKey("grpc_server_handling_seconds");
    }

    @Test
    void healthChecksAreCountedByOutcome() {
        Metrics metrics = new Metrics("3.5.33", false);
        metrics.health().check("livez", "serializable_read", true);
        metrics.health().check("livez", "serializable_read", false);
        metrics.health().check("livez", "serializable_read", false);

        PrometheusText text = scrape(metrics);

        assertThat(text.value("etcd_server_healthcheck", "type", "livez", "name", "serializable_read"))
                .isZero();
        assertThat(text.value(
                        "etcd_server_healthchecks_total",
                        "type",
                        "livez",
                        "name",
                        "serializable_read",
                        "status",
                        "error"))
                .isEqualTo(2);
    }

    @Test
    void clientsCannotAddSeriesWithoutEnd() {
        Metrics metrics = new Metrics("3.5.33", false);
        for (int i = 0; i < 10_000; i++) {
            metrics.server().unaryRequest("3." + i + "\"\n\\");
        }
        metrics.server().streamRequest("one more");

        List<PrometheusText.Sample> samples = scrape(metrics)
                .families()
                .get("etcd_server_client_requests_total")
                .samples();

        assertThat(samples).hasSize(ServerMetrics.MAX_CLIENT_VERSIONS + 2);
        assertThat(samples).extracting(PrometheusText.Sample::value).containsOnlyOnce(9968.0);
    }

    @Test
    void serversDoNotShareTheirCounts() {
        Metrics one = new Metrics("3.5.33", false);
        Metrics other = new Metrics("3.6.1", false);
        one.mvcc().puts().increment();

        assertThat(scrape(other).value("etcd_mvcc_put_total")).isZero();
        assertThat(scrape(other).value("etcd_cluster_version", "cluster_version", "3.6"))
                .isEqualTo(1);
    }

    @Test
    void theSourceIsNamedOnce() {
        Metrics metrics = new Metrics("3.5.33", false);
        assertThat(scrape(metrics).families()).doesNotContainKey("etcd_server_has_leader");

        metrics.source(new FixedSource());

        assertThatThrownBy(() -> metrics.source(new FixedSource())).isInstanceOf(IllegalStateException.class);
    }

    /** Metrics in which every family has a sample. */
    private static Metrics busyMetrics() {
        Metrics metrics = new Metrics("3.5.33", true);
        metrics.source(new FixedSource());
        metrics.server().unaryRequest("3.5");
        metrics.health().check("readyz", "data_corruption", true);
        MethodMetrics put = metrics.grpc().forMethod("etcdserverpb.KV", "Put", GrpcType.UNARY);
        put.handled(Status.Code.OK, put.started());
        return metrics;
    }

    private static PrometheusText scrape(Metrics metrics) {
        return PrometheusText.parse(new String(metrics.scrape(), StandardCharsets.UTF_8));
    }

    private static Map<String, Shape> etcdFamilies() throws IOException {
        try (InputStream in = MetricsTest.class.getResourceAsStream("etcd-families.txt")) {
            Map<String, Shape> families = new HashMap<>();
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (!line.startsWith("#")) {
                    List<String> words = Arrays.asList(line.split(" "));
                    families.put(words.get(0), new Shape(words.get(1), new TreeSet<>(words.subList(2, words.size()))));
                }
            }
            return families;
        }
    }
}
