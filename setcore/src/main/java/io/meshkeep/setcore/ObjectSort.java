package io.meshkeep.setcore;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;

/** Brings elements into strictly ascending order. */
final class ObjectSort {
    private ObjectSort() {}

    /**
     * The distinct elements in ascending order, in an array of just their length; of equal elements the first remains.
     *
     * @param own an array that may be sorted in place, and may be the result
     * @throws NullPointerException if an element is null
     */
    static Object[] distinct(Object[] own, Comparator<Object> order) {
        boolean ascending = true;
        for (int i = 0; i < own.length; i++) {
            Objects.requireNonNull(own[i], "null is no element");
            ascending = ascending && (i == 0 || order.compare(own[i - 1], own[i]) < 0);
        }
        if (own.length == 1) {
            // Whatever cannot be compared is refused here and not when a second element comes.
            order.compare(own[0], own[0]);
        }
        if (ascending) {
            return own;
        }
        if (Comparator.naturalOrder().equals(order)) {
            Object[] sorted = Numbers.sortedDistinct(own);
            if (sorted != null) {
                return sorted;
            }
        }
        Arrays.sort(own, order);
        int kept = 1;
        for (int i = 1; i < own.length; i++) {
            if (order.compare(own[kept - 1], own[i]) != 0) {
                own[kept++] = own[i];
            }
        }
        return kept == own.length ? own : Arrays.copyOf(own, kept);
    }
}
