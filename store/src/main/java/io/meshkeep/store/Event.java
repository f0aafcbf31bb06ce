package io.meshkeep.store;

/**
 * One change of one key.
 *
 * @param revision main revision
 * @param sub position among the changes of that revision
 * @param delete whether the key was deleted
 * @param kv the encoded {@code mvccpb.KeyValue} that goes out: the whole pair of a put, key and mod_revision of a
 *     delete
 * @param previous the resident record before the revision, or null if there was none
 */
record Event(long revision, int sub, boolean delete, byte[] kv, byte[] previous) {

    byte[] key() {
        return KeyValueRecord.key(kv);
    }

    /** Heap that keeping this event costs beyond the current state, in bytes: an upper bound. */
    int retainedSize() {
        return 64 + kv.length + (previous == null ? 0 : previous.length);
    }
}
