package io.meshkeep.store;

import java.util.Arrays;

/** What the {@code events} family holds for a change: its kind, the revision of the pair before it (0 if none), the key. */
record StoredEvent(boolean delete, long previousRevision, byte[] key) {
    private static final byte PUT = 1;
    private static final byte DELETE = 2;

    /** @param previous the revision of the event's pair before, 0 if there is none */
    static byte[] encode(Event event, byte[] key, long previous) {
        int header = 1 + Protobuf.varintSize(previous);
        byte[] out = new byte[header + key.length];
        out[0] = event.delete() ? DELETE : PUT;
        Protobuf.putVarint(out, 1, previous);
        System.arraycopy(key, 0, out, header, key.length);
        return out;
    }

    static StoredEvent decode(byte[] stored) {
        int key = Protobuf.skipVarint(stored, 1);
        return new StoredEvent(
                stored[0] == DELETE, Protobuf.varint(stored, 1), Arrays.copyOfRange(stored, key, stored.length));
    }
}
