package io.meshkeep.setcore;

import java.util.Arrays;

/**
 * Numbers that lie densely, as the bits of words: 64 neighbouring numbers a word. To gather ascending numbers, to combine
 * them and to turn them into numbers again takes no branch on a comparison.
 */
final class DenseBits {
    /** From how many numbers on a word is worth its gathering. */
    private static final int NUMBERS_PER_WORD = 6;

    /** The number that the lowest bit of the first word stands for, divided by 64. */
    private final long firstWord;

    private final long[] words;

    /**
     * For numbers from {@code least} to {@code most}.
     *
     * @param most must be so near that {@link #suit} is true
     */
    DenseBits(long least, long most) {
        firstWord = least >> 6;
        words = new long[(int) ((most >> 6) - firstWord) + 1];
    }

    /** Whether so many numbers in such a range lie densely enough. */
    static boolean suit(long least, long most, long count) {
        long span = most - least;
        return span >= 0 && (span >>> 6) + 1 <= count / NUMBERS_PER_WORD;
    }

    void add(long number) {
        words[(int) ((number >> 6) - firstWord)] |= 1L << number;
    }

    /** Adds ascending numbers. */
    DenseBits addAscending(long[] numbers, int from, int to) {
        return combineAscending(Algebra.UNION, numbers, from, to);
    }

    /** Makes this the combination with other ascending numbers of the same range, without a second array of words. */
    DenseBits combineAscending(Algebra algebra, long[] numbers, int from, int to) {
        long onlyFirst = algebra.onlyFirst ? -1 : 0;
        long both = algebra.both ? -1 : 0;
        long onlySecond = algebra.onlySecond ? -1 : 0;
        int done = 0;
        int i = from;
        while (i < to) {
            long word = numbers[i] >> 6;
            long bits = 0;
            do {
                bits |= 1L << numbers[i++];
            } while (i < to && numbers[i] >> 6 == word);
            int at = (int) (word - firstWord);
            if (!algebra.onlyFirst) {
                Arrays.fill(words, done, at, 0);
            }
            long own = words[at];
            words[at] = own & ~bits & onlyFirst | own & bits & both | ~own & bits & onlySecond;
            done = at + 1;
        }
        if (!algebra.onlyFirst) {
            Arrays.fill(words, done, words.length, 0);
        }
        return this;
    }

    /** How many numbers there are. */
    int count() {
        int count = 0;
        for (long word : words) {
            count += Long.bitCount(word);
        }
        return count;
    }

    /** The numbers, ascending, in a new array; {@code count} is how many there are. */
    long[] numbers(int count) {
        long[] numbers = new long[count];
        int filled = 0;
        for (int i = 0; i < words.length; i++) {
            long base = (firstWord + i) << 6;
            for (long bits = words[i]; bits != 0; bits &= bits - 1) {
                numbers[filled++] = base + Long.numberOfTrailingZeros(bits);
            }
        }
        return numbers;
    }
}
