package io.meshkeep.setcore;

/**
 * Merges of two strictly ascending stretches of numbers, neither of them empty.
 *
 * <p>Which side comes next is as good as random, so a branch on it would be mispredicted every other time, at many times
 * the price of the comparison. Neither of the two ways here takes such branches:
 *
 * <ul>
 *   <li>Where numbers lie densely, 64 neighbouring numbers of each side are gathered into the bits of a word, the words
 *       are combined, and the bits of the result are turned into numbers again.
 *   <li>Elsewhere the sign of a difference is added to an index. That needs differences to fit into 64 bits, which they
 *       do for all numbers at hand when they do for the least and the greatest ({@link #fits}).
 * </ul>
 */
final class LongMerge {
    /** From how many numbers on a word of 64 places is worth gathering, measured. */
    private static final int DENSE = 6;

    private final Algebra algebra;
    private final long[] first;
    private final int firstTo;
    private final long[] second;
    private final int secondTo;
    private final long[] target;
    private int i;
    private int j;
    private int written;

    private LongMerge(
            Algebra algebra,
            long[] first,
            int firstFrom,
            int firstTo,
            long[] second,
            int secondFrom,
            int secondTo,
            long[] target) {
        this.algebra = algebra;
        this.first = first;
        this.i = firstFrom;
        this.firstTo = firstTo;
        this.second = second;
        this.j = secondFrom;
        this.secondTo = secondTo;
        this.target = target;
    }

    /** Whether the stretches can be merged here. */
    static boolean fits(long[] first, int firstFrom, int firstTo, long[] second, int secondFrom, int secondTo) {
        return span(first, firstFrom, firstTo, second, secondFrom, secondTo) >= 0;
    }

    /** The distance of the greatest number from the least; negative if it does not fit. */
    private static long span(long[] first, int firstFrom, int firstTo, long[] second, int secondFrom, int secondTo) {
        return Math.max(first[firstTo - 1], second[secondTo - 1]) - Math.min(first[firstFrom], second[secondFrom]);
    }

    /** The most numbers that a combination of so many can have. */
    static int room(Algebra algebra, int first, int second) {
        if (algebra.onlySecond) {
            return Math.addExact(first, second);
        }
        return algebra.onlyFirst ? first : Math.min(first, second);
    }

    /**
     * Writes the combination of {@code [firstFrom, firstTo)} and {@code [secondFrom, secondTo)} to {@code target}, which
     * has {@link #room} for it, and returns how many numbers it has.
     */
    static int combine(
            Algebra algebra,
            long[] first,
            int firstFrom,
            int firstTo,
            long[] second,
            int secondFrom,
            int secondTo,
            long[] target) {
        LongMerge merge = new LongMerge(algebra, first, firstFrom, firstTo, second, secondFrom, secondTo, target);
        long words = (span(first, firstFrom, firstTo, second, secondFrom, secondTo) >>> 6) + 1;
        if (words <= ((long) firstTo - firstFrom + secondTo - secondFrom) / DENSE) {
            merge.byWords();
        } else {
            merge.bySigns();
        }
        return merge.finish();
    }

    private void byWords() {
        long[] a = first;
        long[] b = second;
        long[] out = target;
        int p = i;
        int q = j;
        int k = 0;
        while (p < firstTo && q < secondTo) {
            long word = Math.min(a[p], b[q]) >> 6;
            long inFirst = 0;
            while (p < firstTo && a[p] >> 6 == word) {
                inFirst |= 1L << a[p++];
            }
            long inSecond = 0;
            while (q < secondTo && b[q] >> 6 == word) {
                inSecond |= 1L << b[q++];
            }
            long taken = switch (algebra) {
                case UNION -> inFirst | inSecond;
                case DIFFERENCE -> inFirst & ~inSecond;
                case INTERSECTION -> inFirst & inSecond;
                case SYMMETRIC_DIFFERENCE -> inFirst ^ inSecond;
            };
            long base = word << 6;
            while (taken != 0) {
                out[k++] = base + Long.numberOfTrailingZeros(taken);
                taken &= taken - 1;
            }
        }
        i = p;
        j = q;
        written = k;
    }

    private void bySigns() {
        int both = algebra.both ? 1 : 0;
        int less = (algebra.onlyFirst ? 1 : 0) - both;
        int greater = (algebra.onlySecond ? 1 : 0) - both;
        long[] a = first;
        long[] b = second;
        long[] out = target;
        int p = i;
        int q = j;
        int k = 0;
        while (p < firstTo && q < secondTo) {
            long y = b[q];
            long ahead = a[p] - y;
            // -1 where true. What is written and not counted is overwritten, or beyond the end.
            long isLess = ahead >> 63;
            long isGreater = -ahead >> 63;
            out[k] = y + (ahead & isLess);
            k += both + ((int) isLess & less) + ((int) isGreater & greater);
            p += 1 + (int) isGreater;
            q += 1 + (int) isLess;
        }
        i = p;
        j = q;
        written = k;
    }

    /** Copies what is left of one side when the other is at its end. */
    private int finish() {
        int end = written;
        if (algebra.onlyFirst) {
            System.arraycopy(first, i, target, end, firstTo - i);
            end += firstTo - i;
        }
        if (algebra.onlySecond) {
            System.arraycopy(second, j, target, end, secondTo - j);
            end += secondTo - j;
        }
        return end;
    }

    /**
     * As {@link #combine}, but writes where each number is: its index in the first array, or as many as the first array
     * is long more than its index in the second one.
     */
    static int locate(Algebra algebra, long[] first, long[] second, int[] target) {
        int both = algebra.both ? 1 : 0;
        int less = (algebra.onlyFirst ? 1 : 0) - both;
        int greater = (algebra.onlySecond ? 1 : 0) - both;
        int offset = first.length;
        int p = 0;
        int q = 0;
        int k = 0;
        while (p < first.length && q < second.length) {
            long ahead = first[p] - second[q];
            int isLess = (int) (ahead >> 63);
            int isGreater = (int) (-ahead >> 63);
            target[k] = p + (isGreater & (offset + q - p));
            k += both + (isLess & less) + (isGreater & greater);
            p += 1 + isGreater;
            q += 1 + isLess;
        }
        if (algebra.onlyFirst) {
            while (p < first.length) {
                target[k++] = p++;
            }
        }
        if (algebra.onlySecond) {
            while (q < second.length) {
                target[k++] = offset + q++;
            }
        }
        return k;
    }
}
