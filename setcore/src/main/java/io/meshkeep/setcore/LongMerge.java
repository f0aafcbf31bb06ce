package io.meshkeep.setcore;

/**
 * Merges of two strictly ascending stretches of numbers.
 *
 * <p>Which side comes next is as good as random, so a branch on it would be mispredicted every other time, at many times
 * the price of the comparison. Here the sign of a difference is added to an index instead. That needs differences to fit
 * into 64 bits, which they do for all numbers at hand when they do for the least and the greatest ({@link #fits}).
 */
final class LongMerge {
    private LongMerge() {}

    /** Whether numbers from {@code least} to {@code most} can be merged here. */
    static boolean fits(long least, long most) {
        return most - least >= 0;
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
        int both = algebra.both ? 1 : 0;
        int less = (algebra.onlyFirst ? 1 : 0) - both;
        int greater = (algebra.onlySecond ? 1 : 0) - both;
        int i = firstFrom;
        int j = secondFrom;
        int count = 0;
        while (i < firstTo && j < secondTo) {
            long number = second[j];
            long ahead = first[i] - number;
            // -1 where true. What is written and not counted is overwritten, or beyond the end.
            long isLess = ahead >> 63;
            long isGreater = -ahead >> 63;
            target[count] = number + (ahead & isLess);
            count += both + ((int) isLess & less) + ((int) isGreater & greater);
            i += 1 + (int) isGreater;
            j += 1 + (int) isLess;
        }
        if (algebra.onlyFirst) {
            System.arraycopy(first, i, target, count, firstTo - i);
            count += firstTo - i;
        }
        if (algebra.onlySecond) {
            System.arraycopy(second, j, target, count, secondTo - j);
            count += secondTo - j;
        }
        return count;
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
        int i = 0;
        int j = 0;
        int count = 0;
        while (i < first.length && j < second.length) {
            long ahead = first[i] - second[j];
            int isLess = (int) (ahead >> 63);
            int isGreater = (int) (-ahead >> 63);
            target[count] = i + (isGreater & (offset + j - i));
            count += both + (isLess & less) + (isGreater & greater);
            i += 1 + isGreater;
            j += 1 + isLess;
        }
        if (algebra.onlyFirst) {
            while (i < first.length) {
                target[count++] = i++;
            }
        }
        if (algebra.onlySecond) {
            while (j < second.length) {
                target[count++] = offset + j++;
            }
        }
        return count;
    }
}
