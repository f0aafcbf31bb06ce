package io.meshkeep.loadtest.sets;

import java.util.Arrays;

/**
 * The plain way to change an immutable sorted array by many elements: one after the other, each by a binary search and,
 * if there is something to change, a copy of the array. O(n·m). It gets what is given to it sorted where the linear
 * forms get it sorted, and does not copy for what changes nothing.
 */
final class ElementByElement {
    private ElementByElement() {}

    static long[] insert(long[] set, long number) {
        int found = Arrays.binarySearch(set, number);
        if (found >= 0) {
            return set;
        }
        int position = ~found;
        long[] inserted = new long[set.length + 1];
        System.arraycopy(set, 0, inserted, 0, position);
        inserted[position] = number;
        System.arraycopy(set, position, inserted, position + 1, set.length - position);
        return inserted;
    }

    static long[] delete(long[] set, long number) {
        int found = Arrays.binarySearch(set, number);
        if (found < 0) {
            return set;
        }
        long[] left = new long[set.length - 1];
        System.arraycopy(set, 0, left, 0, found);
        System.arraycopy(set, found + 1, left, found, left.length - found);
        return left;
    }

    static long[] insertAll(long[] set, long[] numbers, int from, int to) {
        long[] result = set;
        for (int i = from; i < to; i++) {
            result = insert(result, numbers[i]);
        }
        return result;
    }

    static long[] deleteAll(long[] set, long[] numbers, int from, int to) {
        long[] result = set;
        for (int i = from; i < to; i++) {
            result = delete(result, numbers[i]);
        }
        return result;
    }

    static <E extends Comparable<E>> Object[] insert(Object[] set, E element) {
        int found = Arrays.binarySearch(set, element);
        if (found >= 0) {
            return set;
        }
        int position = ~found;
        Object[] inserted = new Object[set.length + 1];
        System.arraycopy(set, 0, inserted, 0, position);
        inserted[position] = element;
        System.arraycopy(set, position, inserted, position + 1, set.length - position);
        return inserted;
    }

    static <E extends Comparable<E>> Object[] delete(Object[] set, E element) {
        int found = Arrays.binarySearch(set, element);
        if (found < 0) {
            return set;
        }
        Object[] left = new Object[set.length - 1];
        System.arraycopy(set, 0, left, 0, found);
        System.arraycopy(set, found + 1, left, found, left.length - found);
        return left;
    }

    static <E extends Comparable<E>> Object[] insertAll(Object[] set, E[] elements, int from, int to) {
        Object[] result = set;
        for (int i = from; i < to; i++) {
            result = insert(result, elements[i]);
        }
        return result;
    }

    static <E extends Comparable<E>> Object[] deleteAll(Object[] set, E[] elements, int from, int to) {
        Object[] result = set;
        for (int i = from; i < to; i++) {
            result = delete(result, elements[i]);
        }
        return result;
    }
}
