package io.meshkeep.setcore;

import java.util.Arrays;

/** Two stretches of byte strings, packed one after the other, in unsigned lexicographic order. */
final class BytesSides extends Sides {
    private final byte[] first;
    private final int[] firstStarts;
    private final int firstFrom;
    private final byte[] second;
    private final int[] secondStarts;
    private final int secondFrom;

    BytesSides(
            byte[] first,
            int[] firstStarts,
            int firstFrom,
            int firstTo,
            byte[] second,
            int[] secondStarts,
            int secondFrom,
            int secondTo) {
        super(firstTo - firstFrom, secondTo - secondFrom);
        this.first = first;
        this.firstStarts = firstStarts;
        this.firstFrom = firstFrom;
        this.second = second;
        this.secondStarts = secondStarts;
        this.secondFrom = secondFrom;
    }

    @Override
    int compare(int inFirst, int inSecond) {
        int i = firstFrom + inFirst;
        int j = secondFrom + inSecond;
        return Arrays.compareUnsigned(
                first, firstStarts[i], firstStarts[i + 1], second, secondStarts[j], secondStarts[j + 1]);
    }
}
