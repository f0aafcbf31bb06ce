package io.meshkeep.loadtest.memory;

/** A key as a program without wire forms would keep it: fields, and an array each for key and value. */
record Entry(byte[] key, byte[] value, long createRevision, long modRevision, long version, long lease) {
    static Entry of(byte[] key, byte[] value, long revision) {
        return new Entry(key, value, revision, revision, 1, 0);
    }
}
