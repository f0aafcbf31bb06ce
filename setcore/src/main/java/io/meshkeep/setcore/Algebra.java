package io.meshkeep.setcore;

/** What a combination of two sets takes from each of them. Of equal elements it is always the first set's that is taken. */
enum Algebra {
    UNION(true, true, true),
    DIFFERENCE(true, false, false),
    INTERSECTION(false, true, false),
    SYMMETRIC_DIFFERENCE(true, false, true);

    /** Whether an element of the first set alone is taken. */
    final boolean onlyFirst;
    /** Whether an element of both is taken. */
    final boolean both;
    /** Whether an element of the second set alone is taken. */
    final boolean onlySecond;

    Algebra(boolean onlyFirst, boolean both, boolean onlySecond) {
        this.onlyFirst = onlyFirst;
        this.both = both;
        this.onlySecond = onlySecond;
    }
}
