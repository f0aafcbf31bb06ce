package io.meshkeep.store;

import com.google.protobuf.ByteString;
import java.util.Arrays;

/**
 * A range of keys, in unsigned byte order.
 *
 * @param start the first key of the range
 * @param end the first key after the range, or null if the range has no upper end
 * @param single whether the range was asked for as one key, not as an interval
 */
public record KeyRange(byte[] start, byte[] end, boolean single) {

    /**
     * The range that a request's {@code key} and {@code range_end} mean in etcd: no end is the one key, the end
     * {@code \0} is every key from {@code key} on, anything else is half open.
     */
    public static KeyRange of(ByteString key, ByteString rangeEnd) {
        byte[] start = key.toByteArray();
        if (rangeEnd.isEmpty()) {
            return single(start);
        }
        if (rangeEnd.size() == 1 && rangeEnd.byteAt(0) == 0) {
            return new KeyRange(start, null, false);
        }
        return new KeyRange(start, rangeEnd.toByteArray(), false);
    }

    /** The range of one key. */
    public static KeyRange single(byte[] key) {
        return new KeyRange(key, Arrays.copyOf(key, key.length + 1), true);
    }

    /** Whether no key can be in the range. */
    public boolean isEmpty() {
        return end != null && Arrays.compareUnsigned(start, end) >= 0;
    }

    public boolean contains(byte[] key) {
        if (single) {
            return Arrays.equals(start, key);
        }
        return Arrays.compareUnsigned(key, start) >= 0 && (end == null || Arrays.compareUnsigned(key, end) < 0);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof KeyRange other && Arrays.equals(start, other.start) && Arrays.equals(end, other.end);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(start) + Arrays.hashCode(end);
    }

    @Override
    public String toString() {
        return "[" + ByteString.copyFrom(start).toStringUtf8() + ", "
                + (end == null ? "∞" : ByteString.copyFrom(end).toStringUtf8()) + ")";
    }
}
