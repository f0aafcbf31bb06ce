package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import java.util.Comparator;

/** The order of keys and the meaning of a range's end. */
final class Keys {
    static final ByteString LEAST = ByteString.copyFrom(new byte[] {0});

    /** As a range's end: everything from the key on. */
    static final ByteString FROM_KEY = LEAST;

    static final Comparator<ByteString> ORDER = ByteString.unsignedLexicographicalComparator();

    private Keys() {}

    /** Whether [begin, end) holds the key. */
    static boolean contains(ByteString begin, ByteString end, ByteString key) {
        if (end.isEmpty()) {
            return key.equals(begin);
        }
        return ORDER.compare(key, begin) >= 0 && (end.equals(FROM_KEY) || ORDER.compare(key, end) < 0);
    }

    /** The end of the range of all keys with this prefix. */
    static ByteString prefixEnd(ByteString prefix) {
        for (int i = prefix.size() - 1; i >= 0; i--) {
            if (prefix.byteAt(i) != (byte) 0xff) {
                byte[] end = prefix.substring(0, i + 1).toByteArray();
                end[i]++;
                return ByteString.copyFrom(end);
            }
        }
        return FROM_KEY;
    }
}
