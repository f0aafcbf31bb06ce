package io.meshkeep.setcore;

import java.util.Arrays;

/**
 * The result of a merge, as stretches to be copied from its two sources one after the other. Positions count through
 * the first source and then through the second; stretches that touch become one.
 */
final class Runs {
    /** Below this length a loop is quicker than a call of {@link System#arraycopy}. */
    private static final int SHORT = 8;

    private final int firstSize;
    private int[] bounds = new int[32];
    private int count;
    private int size;

    Runs(int firstSize) {
        this.firstSize = firstSize;
    }

    /** Adds the positions {@code [from, to)}, all of one source; none is as good as no call. */
    void add(int from, int to) {
        if (from == to) {
            return;
        }
        size = Math.addExact(size, to - from);
        // The last of the first source and the first of the second are neighbours by number alone.
        if (count > 0 && bounds[count - 1] == from && from != firstSize) {
            bounds[count - 1] = to;
            return;
        }
        if (count == bounds.length) {
            bounds = Arrays.copyOf(bounds, count * 2);
        }
        bounds[count] = from;
        bounds[count + 1] = to;
        count += 2;
    }

    /** How many elements there are in all. */
    int size() {
        return size;
    }

    /** How many stretches there are. */
    int count() {
        return count / 2;
    }

    int from(int run) {
        return bounds[2 * run];
    }

    int to(int run) {
        return bounds[2 * run + 1];
    }

    /** Whether the result is all of the first source and nothing else. */
    boolean isAllOfFirst() {
        return size == firstSize && (count == 0 || (count == 2 && bounds[0] == 0 && bounds[1] == firstSize));
    }

    /** Copies the stretches; the sources begin at the offsets given. */
    Object[] copy(Object[] first, int firstOffset, Object[] second, int secondOffset) {
        Object[] target = new Object[size];
        int filled = 0;
        for (int run = 0; run < count; run += 2) {
            int from = bounds[run];
            int length = bounds[run + 1] - from;
            boolean isFirst = from < firstSize;
            Object[] source = isFirst ? first : second;
            int offset = isFirst ? firstOffset + from : secondOffset + from - firstSize;
            if (length < SHORT) {
                for (int i = 0; i < length; i++) {
                    target[filled + i] = source[offset + i];
                }
            } else {
                System.arraycopy(source, offset, target, filled, length);
            }
            filled += length;
        }
        return target;
    }

    /** As the other {@code copy}. */
    long[] copy(long[] first, int firstOffset, long[] second, int secondOffset) {
        long[] target = new long[size];
        int filled = 0;
        for (int run = 0; run < count; run += 2) {
            int from = bounds[run];
            int length = bounds[run + 1] - from;
            boolean isFirst = from < firstSize;
            long[] source = isFirst ? first : second;
            int offset = isFirst ? firstOffset + from : secondOffset + from - firstSize;
            if (length < SHORT) {
                for (int i = 0; i < length; i++) {
                    target[filled + i] = source[offset + i];
                }
            } else {
                System.arraycopy(source, offset, target, filled, length);
            }
            filled += length;
        }
        return target;
    }
}
