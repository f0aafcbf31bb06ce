package io.meshkeep.setcore;

import java.util.Comparator;

/** Two stretches of arrays in the order of a comparator. */
final class ObjectSides extends Sides {
    private final Comparator<Object> order;
    private final Object[] first;
    private final int firstFrom;
    private final Object[] second;
    private final int secondFrom;

    ObjectSides(
            Comparator<Object> order,
            Object[] first,
            int firstFrom,
            int firstTo,
            Object[] second,
            int secondFrom,
            int secondTo) {
        super(firstTo - firstFrom, secondTo - secondFrom);
        this.order = order;
        this.first = first;
        this.firstFrom = firstFrom;
        this.second = second;
        this.secondFrom = secondFrom;
    }

    @Override
    int compare(int inFirst, int inSecond) {
        return order.compare(first[firstFrom + inFirst], second[secondFrom + inSecond]);
    }
}
