package io.meshkeep.setcore;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Boxed numbers in their natural order: reading all of the numbers first and working on these then is quicker than
 * comparing box by box.
 */
final class Numbers {
    /** Fewer elements than this are compared one by one. */
    static final int WORTHWHILE = 32;

    /** How many times as many places as numbers there may be for one place for each number to be quickest. */
    private static final int PLACES_PER_NUMBER = 4;

    private Numbers() {}

    /** The numbers in the boxes {@code [from, to)}; null if these are not all {@link Integer} or all {@link Long}. */
    static long[] of(Object[] boxes, int from, int to) {
        if (from == to) {
            return null;
        }
        if (boxes[from] instanceof Integer) {
            return ofIntegers(boxes, from, to);
        }
        return boxes[from] instanceof Long ? ofLongs(boxes, from, to) : null;
    }

    private static long[] ofIntegers(Object[] boxes, int from, int to) {
        long[] numbers = new long[to - from];
        for (int i = 0; i < numbers.length; i++) {
            if (!(boxes[from + i] instanceof Integer number)) {
                return null;
            }
            numbers[i] = number;
        }
        return numbers;
    }

    private static long[] ofLongs(Object[] boxes, int from, int to) {
        long[] numbers = new long[to - from];
        for (int i = 0; i < numbers.length; i++) {
            if (!(boxes[from + i] instanceof Long number)) {
                return null;
            }
            numbers[i] = number;
        }
        return numbers;
    }

    /**
     * The combination of two stretches in natural order, or null if they have to be compared one by one. Both must not
     * be empty.
     */
    static Object[] combine(
            Algebra algebra,
            Comparator<?> order,
            Object[] first,
            int firstFrom,
            int firstTo,
            Object[] second,
            int secondFrom,
            int secondTo) {
        int firstSize = firstTo - firstFrom;
        int secondSize = secondTo - secondFrom;
        if (!Comparator.naturalOrder().equals(order)
                || firstSize < WORTHWHILE
                || secondSize < WORTHWHILE
                || Sides.isFarShorter(firstSize, secondSize, Sides.GALLOP_RATIO)
                || Sides.isFarShorter(secondSize, firstSize, Sides.GALLOP_RATIO)) {
            return null;
        }
        long[] inFirst = of(first, firstFrom, firstTo);
        long[] inSecond = inFirst == null ? null : of(second, secondFrom, secondTo);
        if (inSecond == null || !fits(inFirst, inSecond)) {
            return null;
        }
        int[] places = new int[LongMerge.room(algebra, firstSize, secondSize)];
        int count = LongMerge.locate(algebra, inFirst, inSecond, places);
        Object[] combined = new Object[count];
        for (int i = 0; i < count; i++) {
            int place = places[i];
            combined[i] = place < firstSize ? first[firstFrom + place] : second[secondFrom + place - firstSize];
        }
        return combined;
    }

    private static boolean fits(long[] first, long[] second) {
        return LongMerge.fits(
                Math.min(first[0], second[0]), Math.max(first[first.length - 1], second[second.length - 1]));
    }

    /**
     * The boxes in ascending order of their numbers, without repeats, of which the first remains; or null if they have
     * to be compared one by one.
     */
    static Object[] sortedDistinct(Object[] boxes) {
        if (boxes.length < WORTHWHILE) {
            return null;
        }
        long[] numbers = of(boxes, 0, boxes.length);
        if (numbers == null) {
            return null;
        }
        long least = numbers[0];
        long most = numbers[0];
        for (long number : numbers) {
            least = Math.min(least, number);
            most = Math.max(most, number);
        }
        long span = most - least;
        if (Long.compareUnsigned(span, (long) PLACES_PER_NUMBER * boxes.length) < 0) {
            return byPlaces(boxes, numbers, least, (int) span);
        }
        int indexBits = Integer.SIZE - Integer.numberOfLeadingZeros(boxes.length - 1);
        int bits = Long.SIZE - Long.numberOfLeadingZeros(span);
        return bits + indexBits <= Long.SIZE ? byRadix(boxes, numbers, least, bits, indexBits) : null;
    }

    private static Object[] byPlaces(Object[] boxes, long[] numbers, long least, int span) {
        Object[] places = new Object[span + 1];
        int count = 0;
        for (int i = 0; i < boxes.length; i++) {
            int place = (int) (numbers[i] - least);
            if (places[place] == null) {
                places[place] = boxes[i];
                count++;
            }
        }
        Object[] sorted = new Object[count];
        int filled = 0;
        for (Object box : places) {
            if (box != null) {
                sorted[filled++] = box;
            }
        }
        return sorted;
    }

    /** Sorts words that have the number above and the index below. */
    private static Object[] byRadix(Object[] boxes, long[] numbers, long least, int bits, int indexBits) {
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = ((numbers[i] - least) << indexBits) | i;
        }
        long[] sorted = RadixSort.sort(numbers, 0, bits, indexBits);
        int mask = (1 << indexBits) - 1;
        Object[] distinct = new Object[sorted.length];
        int count = 0;
        for (int i = 0; i < sorted.length; i++) {
            if (i == 0 || sorted[i] >>> indexBits != sorted[i - 1] >>> indexBits) {
                distinct[count++] = boxes[(int) sorted[i] & mask];
            }
        }
        return count == distinct.length ? distinct : Arrays.copyOf(distinct, count);
    }
}
