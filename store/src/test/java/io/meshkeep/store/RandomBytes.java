package io.meshkeep.store;

import java.util.SplittableRandom;

/** Random keys and values of the kinds that break orders and encodings: zeros, 0xff, prefixes of one another. */
final class RandomBytes {
    private static final byte[] HARD = {0, 1, 2, (byte) 0x7f, (byte) 0x80, (byte) 0xfe, (byte) 0xff};

    private RandomBytes() {}

    /** A key of 1 to {@code maxLength} bytes out of a tiny alphabet, so that keys collide and prefix one another. */
    static byte[] key(SplittableRandom random, int maxLength) {
        byte[] key = new byte[1 + random.nextInt(maxLength)];
        for (int i = 0; i < key.length; i++) {
            key[i] = HARD[random.nextInt(HARD.length)];
        }
        return key;
    }

    static byte[] value(SplittableRandom random, int length) {
        byte[] value = new byte[length];
        random.nextBytes(value);
        return value;
    }

    /** A positive number with a random number of bits, so that every length of varint occurs. */
    static long positive(SplittableRandom random) {
        return Math.max(1, random.nextLong() >>> 1 + random.nextInt(63));
    }
}
