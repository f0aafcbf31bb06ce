package io.meshkeep.setcore;

import java.util.Arrays;

/** Sorts numbers digit by digit from the lowest on, in a few passes over all of them. */
final class RadixSort {
    /** With more, the counters of a digit and the ends of the stretches written to no longer fit the nearest cache. */
    private static final int MAX_DIGIT = 11;

    private RadixSort() {}

    /** How many passes it takes when the numbers differ in the lowest {@code bits} bits. */
    static int passes(int bits) {
        return (bits + MAX_DIGIT - 1) / MAX_DIGIT;
    }

    /** How many bits a digit then has. */
    static int digit(int bits) {
        int passes = passes(bits);
        return passes == 0 ? 0 : (bits + passes - 1) / passes;
    }

    /**
     * The numbers in ascending order of {@code bits} bits of their distance from {@code base}, of which the lowest is bit
     * {@code lowest}, in a new array. Numbers that do not differ in these keep their order.
     */
    static long[] sort(long[] numbers, long base, int bits, int lowest) {
        int passes = passes(bits);
        if (passes == 0) {
            return numbers.clone();
        }
        int digit = digit(bits);
        int mask = (1 << digit) - 1;
        long[] source = numbers;
        long[] target = new long[numbers.length];
        long[] spare = passes > 1 ? new long[numbers.length] : null;
        int[] ends = new int[mask + 1];
        for (int pass = 0; pass < passes; pass++) {
            int shift = lowest + pass * digit;
            Arrays.fill(ends, 0);
            for (long number : source) {
                ends[(int) ((number - base) >>> shift) & mask]++;
            }
            int start = 0;
            for (int i = 0; i <= mask; i++) {
                int count = ends[i];
                ends[i] = start;
                start += count;
            }
            for (long number : source) {
                target[ends[(int) ((number - base) >>> shift) & mask]++] = number;
            }
            long[] sorted = target;
            target = source == numbers ? spare : source;
            source = sorted;
        }
        return source;
    }
}
