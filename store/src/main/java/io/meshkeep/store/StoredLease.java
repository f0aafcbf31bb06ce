package io.meshkeep.store;

import io.meshkeep.store.StateMachine.Write;
import java.nio.ByteBuffer;

/**
 * What the {@code leases} family holds: id to TTL in seconds and applied index of the grant (0 if it was stored without).
 * Which keys are attached stands in the keys' records.
 */
record StoredLease(long id, long ttl, long granted) {

    static Write grant(long id, long ttl, long granted) {
        byte[] value = ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(ttl ^ Long.MIN_VALUE)
                .putLong(granted)
                .array();
        return new Write(Storage.Family.LEASES, bytes(id), value);
    }

    static Write revoke(long id) {
        return new Write(Storage.Family.LEASES, bytes(id), null);
    }

    static StoredLease decode(byte[] key, byte[] value) {
        ByteBuffer numbers = ByteBuffer.wrap(value);
        return new StoredLease(
                ByteBuffer.wrap(key).getLong() ^ Long.MIN_VALUE,
                numbers.getLong() ^ Long.MIN_VALUE,
                numbers.hasRemaining() ? numbers.getLong() : 0);
    }

    /** Big-endian with the sign flipped, so that the order of the bytes is that of the numbers. */
    private static byte[] bytes(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number ^ Long.MIN_VALUE).array();
    }
}
