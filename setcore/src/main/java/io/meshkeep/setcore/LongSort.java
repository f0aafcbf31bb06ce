package io.meshkeep.setcore;

import java.util.Arrays;

/** Brings numbers into strictly ascending order. */
final class LongSort {
    /** Up to this many numbers the JDK's sort, which is by insertion then, is quickest. */
    private static final int FEW = 40;

    /** How many times as many places as numbers there may be for a bit set over all places to be quickest. */
    private static final int PLACES_PER_NUMBER = 32;

    private LongSort() {}

    /** The distinct numbers of an array, ascending, in a new array of just their length. */
    static long[] distinct(long[] numbers) {
        int count = numbers.length;
        if (count == 0) {
            return numbers.clone();
        }
        long least = numbers[0];
        long most = numbers[0];
        int steps = 1;
        for (int i = 1; i < count; i++) {
            long number = numbers[i];
            least = Math.min(least, number);
            most = Math.max(most, number);
            steps += numbers[i - 1] < number ? 1 : 0;
        }
        if (steps == count) {
            return numbers.clone();
        }
        if (count > FEW) {
            long span = most - least;
            if (Long.compareUnsigned(span, (long) PLACES_PER_NUMBER * count) < 0) {
                return byBits(numbers, least, (int) span);
            }
            int bits = Long.SIZE - Long.numberOfLeadingZeros(span);
            if (radixPays(count, bits)) {
                return withoutRepeats(RadixSort.sort(numbers, least, bits, 0));
            }
        }
        long[] sorted = numbers.clone();
        Arrays.sort(sorted);
        return withoutRepeats(sorted);
    }

    private static boolean radixPays(int count, int bits) {
        int passes = RadixSort.passes(bits);
        long radix = passes * (2L * count + (1L << RadixSort.digit(bits)));
        long comparisons = 4L * count * (Integer.SIZE - Integer.numberOfLeadingZeros(count));
        return radix < comparisons;
    }

    /** Sorts by ticking each number off in a bit set of all {@code span + 1} places. */
    private static long[] byBits(long[] numbers, long least, int span) {
        long[] places = new long[(span >>> 6) + 1];
        for (long number : numbers) {
            int place = (int) (number - least);
            places[place >>> 6] |= 1L << place;
        }
        int count = 0;
        for (long word : places) {
            count += Long.bitCount(word);
        }
        long[] sorted = new long[count];
        int filled = 0;
        for (int i = 0; i < places.length; i++) {
            long base = least + ((long) i << 6);
            for (long word = places[i]; word != 0; word &= word - 1) {
                sorted[filled++] = base + Long.numberOfTrailingZeros(word);
            }
        }
        return sorted;
    }

    /** The numbers of a sorted array without repeats, in an array of just their length; the array given is used up. */
    static long[] withoutRepeats(long[] sorted) {
        int kept = 1;
        long last = sorted[0];
        for (int i = 1; i < sorted.length; i++) {
            long number = sorted[i];
            sorted[kept] = number;
            kept += number == last ? 0 : 1;
            last = number;
        }
        return kept == sorted.length ? sorted : Arrays.copyOf(sorted, kept);
    }
}
