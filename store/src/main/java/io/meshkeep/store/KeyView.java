package io.meshkeep.store;

import java.util.List;

/** The live keys at one revision, as resident records in key order. */
interface KeyView {
    /** How many keys of the range are live. */
    long count(KeyRange range);

    /** The record of a key, or null. */
    byte[] find(byte[] key);

    /**
     * The first records of the range, or the last ones in descending order.
     *
     * @param limit most records to return; 0 is all
     */
    List<byte[]> collect(KeyRange range, long limit, boolean descending);
}
