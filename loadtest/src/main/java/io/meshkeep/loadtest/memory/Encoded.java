package io.meshkeep.loadtest.memory;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.meshkeep.proto.KeyValue;
import java.util.Arrays;

/** Encoded {@code mvccpb.KeyValue}s, read in place. The key is their first field. */
final class Encoded {
    private static final int KEY = 0x0a;
    private static final int VALUE = 0x2a;

    private Encoded() {}

    static byte[] of(byte[] key, byte[] value, long revision) {
        return KeyValue.newBuilder()
                .setKey(ByteString.copyFrom(key))
                .setCreateRevision(revision)
                .setModRevision(revision)
                .setVersion(1)
                .setValue(UnsafeByteOperations.unsafeWrap(value))
                .build()
                .toByteArray();
    }

    /** Compares the key of the record that starts at a place with a key, in unsigned byte order. */
    static int compareKey(byte[] bytes, int start, byte[] key) {
        int offset = keyStart(bytes, start);
        return Arrays.compareUnsigned(bytes, offset, offset + keyLength(bytes, start), key, 0, key.length);
    }

    static int compare(byte[] a, byte[] b) {
        int offsetA = keyStart(a, 0);
        int offsetB = keyStart(b, 0);
        return Arrays.compareUnsigned(a, offsetA, offsetA + keyLength(a, 0), b, offsetB, offsetB + keyLength(b, 0));
    }

    /** The key of the record that starts at a place. */
    static byte[] key(byte[] bytes, int start) {
        int offset = keyStart(bytes, start);
        return Arrays.copyOfRange(bytes, offset, offset + keyLength(bytes, start));
    }

    static int valueLength(byte[] bytes, int start, int end) {
        int at = keyStart(bytes, start) + keyLength(bytes, start);
        while (at < end && bytes[at] != VALUE) {
            at = afterVarint(bytes, at + 1);
        }
        return at < end ? varint(bytes, at + 1) : 0;
    }

    private static int keyStart(byte[] bytes, int start) {
        if (bytes[start] != KEY) {
            throw new IllegalArgumentException("no KeyValue starts here");
        }
        return afterVarint(bytes, start + 1);
    }

    private static int keyLength(byte[] bytes, int start) {
        return varint(bytes, start + 1);
    }

    private static int afterVarint(byte[] bytes, int start) {
        int at = start;
        while (bytes[at] < 0) {
            at++;
        }
        return at + 1;
    }

    private static int varint(byte[] bytes, int start) {
        int result = 0;
        int at = start;
        for (int shift = 0; ; shift += 7) {
            byte b = bytes[at++];
            result |= (b & 0x7f) << shift;
            if (b >= 0) {
                return result;
            }
        }
    }
}
