package io.meshkeep.store;

import io.meshkeep.store.StateMachine.Write;
import java.util.List;

/**
 * Writes as one array in RocksDB's own form of a batch, the one that it keeps in its log: a header, then for each write a
 * kind, the number of the column family, the key, and the value of a put. So a batch goes through JNI in one piece and
 * not in two for each write.
 */
final class BatchEncoding {
    /** A sequence number, which RocksDB fills in, and the number of writes, little-endian. */
    private static final int HEADER = 12;

    private static final int COUNT = 8;

    private static final byte DELETE = 4;
    private static final byte PUT = 5;

    private BatchEncoding() {}

    /**
     * How long the encoding is.
     *
     * @param ids the column families' numbers, in the order of {@link Storage.Family}; none is the default family
     */
    static long size(List<Write> writes, int[] ids) {
        long size = HEADER;
        for (Write write : writes) {
            size += 1 + Protobuf.varintSize(ids[write.family().ordinal()]) + size(write.key());
            if (write.value() != null) {
                size += size(write.value());
            }
        }
        return size;
    }

    /** @param size what {@link #size} says */
    static byte[] encode(List<Write> writes, int[] ids, int size) {
        byte[] out = new byte[size];
        for (int i = 0; i < Integer.BYTES; i++) {
            out[COUNT + i] = (byte) (writes.size() >>> 8 * i);
        }
        int at = HEADER;
        for (Write write : writes) {
            out[at++] = write.value() == null ? DELETE : PUT;
            at = Protobuf.putVarint(out, at, ids[write.family().ordinal()]);
            at = put(out, at, write.key());
            if (write.value() != null) {
                at = put(out, at, write.value());
            }
        }
        return out;
    }

    private static int size(byte[] bytes) {
        return Protobuf.varintSize(bytes.length) + bytes.length;
    }

    private static int put(byte[] out, int at, byte[] bytes) {
        int start = Protobuf.putVarint(out, at, bytes.length);
        System.arraycopy(bytes, 0, out, start, bytes.length);
        return start + bytes.length;
    }
}
