package io.meshkeep.setcore;

/** Two stretches of ascending numbers, of which one is so much shorter that seeking pays, or too far apart to subtract. */
final class LongSides extends Sides {
    private final long[] first;
    private final int firstFrom;
    private final long[] second;
    private final int secondFrom;

    LongSides(long[] first, int firstFrom, int firstTo, long[] second, int secondFrom, int secondTo) {
        super(firstTo - firstFrom, secondTo - secondFrom);
        this.first = first;
        this.firstFrom = firstFrom;
        this.second = second;
        this.secondFrom = secondFrom;
    }

    @Override
    int compare(int inFirst, int inSecond) {
        return Long.compare(first[firstFrom + inFirst], second[secondFrom + inSecond]);
    }
}
