package io.meshkeep.store;

import java.io.IOException;
import java.io.OutputStream;

/**
 * The few pieces of the protobuf encoding that hot messages are put together from by hand: varints, and
 * length-delimited fields into an array. Everything that is not hot uses the generated classes.
 */
public final class Protobuf {
    private Protobuf() {}

    /** Bytes of {@code value} as a varint; negative values take ten, as protobuf's int64 does. */
    public static int varintSize(long value) {
        return (640 - Long.numberOfLeadingZeros(value) * 9) >>> 6;
    }

    /** Bytes of a field with a one-byte tag that holds {@code value}; 0 when the value is proto3's default. */
    public static int int64FieldSize(long value) {
        return value == 0 ? 0 : 1 + varintSize(value);
    }

    /** Bytes of a field with a one-byte tag and {@code length} bytes of content, the default included. */
    public static int bytesFieldSize(int length) {
        return 1 + varintSize(length) + length;
    }

    /** Writes {@code value} as a varint at {@code at}; returns the position after it. */
    public static int putVarint(byte[] out, int at, long value) {
        while ((value & ~0x7fL) != 0) {
            out[at++] = (byte) (value | 0x80);
            value >>>= 7;
        }
        out[at++] = (byte) value;
        return at;
    }

    /** Writes a varint field unless the value is 0; returns the position after it. */
    public static int putInt64Field(byte[] out, int at, int tag, long value) {
        if (value == 0) {
            return at;
        }
        out[at++] = (byte) tag;
        return putVarint(out, at, value);
    }

    /** Writes tag and length of a length-delimited field; the caller writes the content. */
    public static int putBytesHeader(byte[] out, int at, int tag, int length) {
        out[at++] = (byte) tag;
        return putVarint(out, at, length);
    }

    /** Writes {@code value} as a varint to a stream. */
    public static void writeVarint(OutputStream out, long value) throws IOException {
        while ((value & ~0x7fL) != 0) {
            out.write((byte) (value | 0x80));
            value >>>= 7;
        }
        out.write((byte) value);
    }

    /** Reads the varint at {@code at}. The bytes are our own and well formed. */
    static long varint(byte[] in, int at) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = in[at++];
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }

    /** The position after the varint at {@code at}. */
    static int skipVarint(byte[] in, int at) {
        while (in[at++] < 0) {
            // the high bit says that another byte follows
        }
        return at;
    }
}
