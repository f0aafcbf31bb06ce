package io.meshkeep.setcore;

import java.util.Arrays;

/** Brings numbers into strictly ascending order. */
final class LongSort {
    /** Up to this many numbers the JDK's sort, which is by insertion then, is quickest. */
    private static final int FEW = 40;

    /** How many times as much as in a merge a word of bits is worth here, where a sort is the alternative. */
    private static final int WORTH = 4;

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
            if (DenseBits.suit(least, most, (long) count * WORTH)) {
                DenseBits places = new DenseBits(least, most);
                for (long number : numbers) {
                    places.add(number);
                }
                return places.numbers(places.count());
            }
            int bits = Long.SIZE - Long.numberOfLeadingZeros(most - least);
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
