package io.meshkeep.loadtest.client;

/**
 * Walks the fields of an encoded protobuf message in place. Meant for answers of a server under test: what is not
 * protobuf ends in an {@link IllegalArgumentException} or {@link IndexOutOfBoundsException}, which fails the run. Not
 * thread-safe.
 *
 * <pre>{@code
 * for (Wire field = Wire.of(bytes); field.next(); ) {
 *     if (field.number() == 4) { count = field.value(); }
 * }
 * }</pre>
 */
public final class Wire {
    private final byte[] bytes;
    private final int end;
    private int at;
    private int number;
    private long value;
    private int contentStart;
    private int contentEnd;

    private Wire(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.at = start;
        this.end = end;
    }

    /** A walk over a whole message. */
    public static Wire of(byte[] message) {
        return new Wire(message, 0, message.length);
    }

    /** Moves to the next field; false at the end. */
    public boolean next() {
        if (at >= end) {
            return false;
        }
        long tag = varint();
        number = (int) (tag >>> 3);
        switch ((int) tag & 7) {
            case 0 -> value = varint();
            case 1 -> at += 8;
            case 2 -> {
                int length = (int) varint();
                contentStart = at;
                contentEnd = at + length;
                if (length < 0 || contentEnd > end) {
                    throw new IllegalArgumentException("a field is longer than its message");
                }
                at = contentEnd;
            }
            case 5 -> at += 4;
            default -> throw new IllegalArgumentException("no protobuf: wire type " + (tag & 7));
        }
        return true;
    }

    private long varint() {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = bytes[at++];
            result |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return result;
            }
        }
        throw new IllegalArgumentException("no protobuf: a number of more than ten bytes");
    }

    /** The number of the current field. */
    public int number() {
        return number;
    }

    /** The value of the current field, which is an integer or a boolean. */
    public long value() {
        return value;
    }

    /** A walk over the current field, which is a message. */
    public Wire message() {
        return new Wire(bytes, contentStart, contentEnd);
    }

    /** Where the content of the current field starts, which is a message, string or bytes. */
    public int contentStart() {
        return contentStart;
    }

    /** Where the content of the current field ends, exclusive. */
    public int contentEnd() {
        return contentEnd;
    }
}
