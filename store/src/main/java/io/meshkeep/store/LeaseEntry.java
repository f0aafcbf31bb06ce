package io.meshkeep.store;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.Arrays;

/**
 * A lease as the state machine knows it: no clock, since time is not part of the state.
 *
 * @param ttl granted time to live, in seconds
 * @param granted the applied index of the grant, which tells this lease from an earlier one of the same id
 * @param keys the attached keys, in unsigned byte order
 */
record LeaseEntry(long id, long ttl, long granted, ChunkedSortedSet<byte[]> keys) {
    static final ChunkedSortedSet<byte[]> NO_KEYS = ChunkedSortedSet.empty(Arrays::compareUnsigned);

    /** Heap of a lease with its timer, in bytes; nearly. */
    static final int OWN_SIZE = 256;

    LeaseEntry withKeys(ChunkedSortedSet<byte[]> newKeys) {
        return new LeaseEntry(id, ttl, granted, newKeys);
    }
}
