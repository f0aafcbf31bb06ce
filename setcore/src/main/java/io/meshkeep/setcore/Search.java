package io.meshkeep.setcore;

import java.util.Comparator;

/** Searches in a sorted stretch of an array. None of them allocates. */
final class Search {
    private Search() {}

    /** The index of the element equal to {@code key}, or {@code -1 - i} if it would have to be put at {@code i}. */
    static int binary(Object[] sorted, int from, int to, Object key, Comparator<Object> order) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            int comparison = order.compare(sorted[middle], key);
            if (comparison < 0) {
                low = middle + 1;
            } else if (comparison > 0) {
                high = middle;
            } else {
                return middle;
            }
        }
        return ~low;
    }

    /** As the other {@code binary}, for the position that a probe seeks. */
    static int binary(Object[] sorted, int from, int to, ChunkedSortedSet.Probe<Object> probe) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            int comparison = probe.compare(sorted[middle]);
            if (comparison < 0) {
                low = middle + 1;
            } else if (comparison > 0) {
                high = middle;
            } else {
                return middle;
            }
        }
        return ~low;
    }

    /** The first index whose element is not before the position that a probe seeks. */
    static int lowerBound(Object[] sorted, int from, int to, ChunkedSortedSet.Probe<Object> probe) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (probe.compare(sorted[middle]) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The first index whose number is not less than {@code bound}. */
    static int lowerBound(long[] sorted, int from, int to, long bound) {
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < bound) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * As {@code binary}, by strides that double from {@code stride} on: cheap when the key is about that far from
     * {@code from}.
     */
    static int gallop(Object[] sorted, int from, int to, Object key, Comparator<Object> order, int stride) {
        int low = from;
        int step = Math.max(1, stride);
        while (step < to - low) {
            int comparison = order.compare(sorted[low + step], key);
            if (comparison == 0) {
                return low + step;
            }
            if (comparison > 0) {
                return binary(sorted, low, low + step, key, order);
            }
            low += step + 1;
            step = step > Integer.MAX_VALUE / 2 ? Integer.MAX_VALUE : step * 2;
        }
        return binary(sorted, low, to, key, order);
    }
}
