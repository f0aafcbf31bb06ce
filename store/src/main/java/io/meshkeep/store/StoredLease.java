package io.meshkeep.store;

import io.meshkeep.store.StateMachine.Write;
import java.nio.ByteBuffer;

/** What the {@code leases} family holds: id to TTL in seconds. Which keys are attached stands in the keys' records. */
record StoredLease(long id, long ttl) {

    static Write grant(long id, long ttl) {
        return new Write(Storage.Family.LEASES, bytes(id), bytes(ttl));
    }

    static Write revoke(long id) {
        return new Write(Storage.Family.LEASES, bytes(id), null);
    }

    static StoredLease decode(byte[] key, byte[] value) {
        return new StoredLease(
                ByteBuffer.wrap(key).getLong() ^ Long.MIN_VALUE,
                ByteBuffer.wrap(value).getLong() ^ Long.MIN_VALUE);
    }

    /** Big-endian with the sign flipped, so that the order of the bytes is that of the numbers. */
    private static byte[] bytes(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number ^ Long.MIN_VALUE).array();
    }
}
