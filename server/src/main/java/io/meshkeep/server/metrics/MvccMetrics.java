package io.meshkeep.server.metrics;

import static io.meshkeep.server.metrics.Families.exponential;

import java.util.concurrent.atomic.LongAdder;

/**
 * What the key-value store counts: requests that reached it, events and compactions. Thread-safe.
 *
 * <p>As in etcd, the operations of a transaction count one by one, under their own kind, and {@link #txns()} counts the
 * transactions that carried out more than one of them.
 */
public final class MvccMetrics {
    private final LongAdder puts;
    private final LongAdder deletes;
    private final LongAdder txns;
    private final LongAdder ranges;
    private final LongAdder events;
    private final LongAdder putBytes = new LongAdder();
    private final LongAdder compactedKeys;
    private final DurationHistogram compactionPause;
    private final DurationHistogram compaction;
    private final DurationHistogram hash;
    private final DurationHistogram hashRevision;

    MvccMetrics(Families families) {
        puts = families.counter("etcd_mvcc_put_total", "Puts carried out.");
        deletes = families.counter("etcd_mvcc_delete_total", "Range deletions carried out.");
        txns = families.counter("etcd_mvcc_txn_total", "Transactions of more than one operation carried out.");
        ranges = families.counter("etcd_mvcc_range_total", "Ranges read.");
        families.counter("etcd_debugging_mvcc_range_total", "Ranges read (the older name).", ranges::sum);
        events = families.counter("etcd_debugging_mvcc_events_total", "Events sent to watchers.");
        families.gauge(
                "etcd_debugging_mvcc_total_put_size_in_bytes", "Bytes of keys and values put so far.", putBytes::sum);
        compactedKeys = families.counter(
                "etcd_debugging_mvcc_db_compaction_keys_total", "Superseded records removed by compaction.");
        compactionPause = DurationHistogram.inMilliseconds(families.histogram(
                "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds",
                "How long one slice of a compaction took.",
                exponential(1, 2, 13)));
        compaction = DurationHistogram.inMilliseconds(families.histogram(
                "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds",
                "How long a whole compaction took.",
                exponential(100, 2, 14)));
        hash = DurationHistogram.inSeconds(families.histogram(
                "etcd_mvcc_hash_duration_seconds", "How long hashing the store took.", exponential(0.01, 2, 15)));
        hashRevision = DurationHistogram.inSeconds(families.histogram(
                "etcd_mvcc_hash_rev_duration_seconds",
                "How long hashing the store up to a revision took.",
                exponential(0.01, 2, 15)));
    }

    /** Puts carried out, single or in a transaction. */
    public LongAdder puts() {
        return puts;
    }

    /** Range deletions carried out, single or in a transaction. */
    public LongAdder deletes() {
        return deletes;
    }

    /** Transactions that carried out more than one operation. */
    public LongAdder txns() {
        return txns;
    }

    /** Ranges read, single or in a transaction. */
    public LongAdder ranges() {
        return ranges;
    }

    /** Events sent to watchers, counted once for each watcher. */
    public LongAdder events() {
        return events;
    }

    /** Bytes of keys and values put so far. */
    public LongAdder putBytes() {
        return putBytes;
    }

    /** Superseded records removed by compaction. */
    public LongAdder compactedKeys() {
        return compactedKeys;
    }

    /** One slice of a compaction, during which other work may have waited. */
    public DurationHistogram compactionPause() {
        return compactionPause;
    }

    /** A compaction from start to end. */
    public DurationHistogram compaction() {
        return compaction;
    }

    /** Maintenance.Hash. */
    public DurationHistogram hash() {
        return hash;
    }

    /** Maintenance.HashKV. */
    public DurationHistogram hashRevision() {
        return hashRevision;
    }
}
