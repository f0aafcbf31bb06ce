package io.meshkeep.store;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Keys of the {@code history} and {@code events} column families.
 *
 * <p>{@code history}: the user's key, escaped so that a key sorts before those that it is a prefix of whatever follows
 * (0x00 becomes 0x00 0xff, the end is 0x00 0x01), then main and sub revision, inverted so that the newest comes first.
 * {@code events}: main and sub revision.
 */
final class HistoryKey {
    private static final int REVISION_BYTES = Long.BYTES + Integer.BYTES;

    private HistoryKey() {}

    static byte[] of(byte[] key, long main, int sub) {
        byte[] out = escaped(key, REVISION_BYTES);
        ByteBuffer.wrap(out, out.length - REVISION_BYTES, REVISION_BYTES)
                .putLong(~main)
                .putInt(~sub);
        return out;
    }

    /** Sorts before every entry of the key. */
    static byte[] first(byte[] key) {
        return escaped(key, 0);
    }

    /** Sorts before the entries of the key at {@code main} and older, after the newer ones. */
    static byte[] atOrBefore(byte[] key, long main) {
        byte[] out = escaped(key, Long.BYTES);
        ByteBuffer.wrap(out, out.length - Long.BYTES, Long.BYTES).putLong(~main);
        return out;
    }

    /** Sorts after every entry of the key in {@code entry}, before those of any later key. */
    static byte[] afterKeyOf(byte[] entry) {
        byte[] out = keyPart(entry);
        out[out.length - 1] = 2;
        return out;
    }

    static long main(byte[] entry) {
        return ~ByteBuffer.wrap(entry).getLong(entry.length - REVISION_BYTES);
    }

    static boolean sameKey(byte[] entryA, byte[] entryB) {
        return sameKey(entryA, entryA.length, entryB, entryB.length);
    }

    /** The same of entries that begin an array each; one of length 0 is none, and has no key. */
    static boolean sameKey(byte[] a, int lengthA, byte[] b, int lengthB) {
        return lengthA == lengthB
                && lengthA > 0
                && Arrays.equals(a, 0, lengthA - REVISION_BYTES, b, 0, lengthB - REVISION_BYTES);
    }

    /** What all entries of the key in {@code entry} begin with; sorts before them, and after those of any lesser key. */
    static byte[] keyPart(byte[] entry) {
        return Arrays.copyOf(entry, entry.length - REVISION_BYTES);
    }

    /** The user's key of an entry. */
    static byte[] key(byte[] entry) {
        byte[] out = new byte[entry.length];
        int length = 0;
        int end = entry.length - REVISION_BYTES - 2;
        for (int i = 0; i < end; i++) {
            out[length++] = entry[i];
            if (entry[i] == 0) {
                i++;
            }
        }
        return Arrays.copyOf(out, length);
    }

    private static byte[] escaped(byte[] key, int extra) {
        int zeros = 0;
        for (byte b : key) {
            if (b == 0) {
                zeros++;
            }
        }
        byte[] out = new byte[key.length + zeros + 2 + extra];
        int at = 0;
        for (byte b : key) {
            out[at++] = b;
            if (b == 0) {
                out[at++] = (byte) 0xff;
            }
        }
        out[at] = 0;
        out[at + 1] = 1;
        return out;
    }

    static byte[] event(long main, int sub) {
        return ByteBuffer.allocate(REVISION_BYTES).putLong(main).putInt(sub).array();
    }

    static long eventMain(byte[] eventKey) {
        return ByteBuffer.wrap(eventKey).getLong();
    }

    static int eventSub(byte[] eventKey) {
        return ByteBuffer.wrap(eventKey).getInt(Long.BYTES);
    }
}
