package io.meshkeep.store;

import java.util.List;

/**
 * The outcome of a command or a read, in the store's own terms. Key-value pairs are {@linkplain KeyValueRecord
 * encoded}; {@code revision} is what the answer's header says.
 */
public sealed interface Result {
    /** The revision for the header of the answer. */
    long revision();

    /**
     * @param records the pairs found, full (never a stub), in the order asked for
     * @param more whether the limit cut pairs off
     * @param count live keys in the range, whatever the limit
     * @param recordBytes size of the records as a repeated field with a one-byte tag: found out once, while the records
     *     are looked at anyway
     */
    record Range(long revision, List<byte[]> records, boolean more, long count, long recordBytes) implements Result {}

    /** @param previous the pair before, if it was asked for and was there, else null */
    record Put(long revision, byte[] previous) implements Result {}

    /** @param previous the pairs deleted, in key order, if they were asked for, else empty */
    record DeleteRange(long revision, long deleted, List<byte[]> previous) implements Result {}

    record Txn(long revision, boolean succeeded, List<Result> responses) implements Result {}

    record Compact(long revision) implements Result {}

    /** @param granted the applied index of the grant */
    record LeaseGrant(long revision, long id, long ttl, long granted) implements Result {}

    record LeaseRevoke(long revision) implements Result {}

    /** Users or roles were changed. */
    record Auth(long revision) implements Result {}

    /** @param alarms the alarms that the request listed, raised or removed */
    record Alarm(long revision, List<io.meshkeep.store.Alarm> alarms) implements Result {}
}
