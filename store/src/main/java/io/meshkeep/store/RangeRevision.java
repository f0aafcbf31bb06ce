package io.meshkeep.store;

/** Which revisions can be read. */
final class RangeRevision {
    private RangeRevision() {}

    /**
     * The check of a range inside a transaction. A negative revision is older than any compaction, so it fails once
     * there was one (and always below -1), whereas outside a transaction it means "current": etcd's own quirk.
     */
    static void check(long asked, long current, long compacted) {
        if (asked == 0) {
            return;
        }
        if (asked > current) {
            throw EtcdError.FUTURE_REVISION.exception();
        }
        if (asked < compacted) {
            throw EtcdError.COMPACTED.exception();
        }
    }
}
