package io.meshkeep.server.metrics;

import static io.meshkeep.server.metrics.Families.exponential;

import java.util.concurrent.atomic.LongAdder;

/** What the disk costs. Thread-safe. */
public final class DiskMetrics {
    private final DurationHistogram walFsync;
    private final DurationHistogram walWrite;
    private final DurationHistogram backendCommit;
    private final DurationHistogram backendSnapshot;
    private final DurationHistogram defragment;
    private final LongAdder walBytes = new LongAdder();

    DiskMetrics(Families families) {
        walFsync = DurationHistogram.inSeconds(families.histogram(
                "etcd_disk_wal_fsync_duration_seconds",
                "How long syncing the write-ahead log took.",
                exponential(0.001, 2, 14)));
        walWrite = DurationHistogram.inSeconds(families.histogram(
                "etcd_disk_wal_write_duration_seconds",
                "How long writing the write-ahead log took, without its sync.",
                exponential(0.001, 2, 14)));
        backendCommit = DurationHistogram.inSeconds(families.histogram(
                "etcd_disk_backend_commit_duration_seconds",
                "How long a commit to the store took.",
                exponential(0.001, 2, 14)));
        backendSnapshot = DurationHistogram.inSeconds(families.histogram(
                "etcd_disk_backend_snapshot_duration_seconds",
                "How long sending a snapshot took.",
                exponential(0.01, 2, 17)));
        defragment = DurationHistogram.inSeconds(families.histogram(
                "etcd_disk_backend_defrag_duration_seconds",
                "How long a defragmentation took.",
                exponential(0.1, 2, 13)));
        families.gauge("etcd_disk_wal_write_bytes_total", "Bytes written to the write-ahead log.", walBytes::sum);
    }

    /** A sync of the write-ahead log. */
    public DurationHistogram walFsync() {
        return walFsync;
    }

    /** A write to the write-ahead log, without its sync. */
    public DurationHistogram walWrite() {
        return walWrite;
    }

    /** A commit of one batch, write and sync. */
    public DurationHistogram backendCommit() {
        return backendCommit;
    }

    /** Maintenance.Snapshot, from the first byte to the last. */
    public DurationHistogram backendSnapshot() {
        return backendSnapshot;
    }

    /** Maintenance.Defragment. */
    public DurationHistogram defragment() {
        return defragment;
    }

    /** Bytes written to the write-ahead log since the start. */
    public LongAdder walBytes() {
        return walBytes;
    }
}
