package io.meshkeep.setcore;

import java.util.Arrays;
import java.util.Collection;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.PrimitiveIterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.StringJoiner;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;

/**
 * An immutable sorted set of {@code long} numbers, held as one sorted array: 8 bytes a number.
 *
 * <p>It has the contract of {@link ImmSortedSet} in numeric order, and is several times as fast: merges take no branch on
 * a comparison, and what has to be sorted is sorted by its digits.
 *
 * <p>Instances are safe for use by any number of threads, also when published through a data race. Iterators and builders
 * are for one thread at a time. Two sets can be combined if they have no more than {@link Integer#MAX_VALUE} numbers
 * together; beyond that, {@link ArithmeticException} is thrown.
 */
public final class ImmSortedLongSet {
    /** From how many times the length on the shorter set's numbers are sought: a step costs less here than a search. */
    private static final int GALLOP_RATIO = 32;

    /** Up to which part of its length, as a power of two, an array may stay unused at its end. */
    private static final int SLACK_SHIFT = 4;

    private static final int CHARACTERISTICS = Spliterator.ORDERED
            | Spliterator.SORTED
            | Spliterator.DISTINCT
            | Spliterator.IMMUTABLE
            | Spliterator.NONNULL;

    private static final ImmSortedLongSet EMPTY = new ImmSortedLongSet(new long[0], 0, 0);

    /** Holds the numbers of the set from {@code from} to {@code to}; a range shares it with the set it is of. */
    private final long[] numbers;

    private final int from;
    private final int to;

    private ImmSortedLongSet(long[] numbers, int from, int to) {
        this.numbers = numbers;
        this.from = from;
        this.to = to;
    }

    /** The set without numbers. */
    public static ImmSortedLongSet empty() {
        return EMPTY;
    }

    /** The set of these numbers, which come in any order and may repeat. */
    public static ImmSortedLongSet of(long... numbers) {
        return numbers.length == 0 ? EMPTY : whole(LongSort.distinct(numbers));
    }

    /**
     * The set of these numbers.
     *
     * @throws IllegalArgumentException if they are not strictly ascending
     */
    public static ImmSortedLongSet ofSorted(long... strictlyAscending) {
        for (int i = 1; i < strictlyAscending.length; i++) {
            if (strictlyAscending[i - 1] >= strictlyAscending[i]) {
                throw new IllegalArgumentException("number " + i + " is not greater than the one before it");
            }
        }
        return strictlyAscending.length == 0 ? EMPTY : whole(strictlyAscending.clone());
    }

    /** A builder of a set. */
    public static Builder builder() {
        return new Builder();
    }

    /** How many numbers the set has. */
    public int size() {
        return to - from;
    }

    /** Whether the set has no numbers. */
    public boolean isEmpty() {
        return from == to;
    }

    /** Whether the set has the number. */
    public boolean contains(long number) {
        return search(number) >= 0;
    }

    /** Whether the set has every number of the other. */
    public boolean containsAll(ImmSortedLongSet other) {
        return sides(other).firstHasAllOfSecond();
    }

    /** How many numbers of the set are less than the one given, which need not be in it. */
    public int rank(long number) {
        return Search.lowerBound(numbers, from, to, number) - from;
    }

    /**
     * The number that has {@code index} numbers before it.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 <= index < size()}
     */
    public long select(int index) {
        return numbers[from + Objects.checkIndex(index, size())];
    }

    /**
     * The least number.
     *
     * @throws NoSuchElementException if the set is empty
     */
    public long first() {
        requireNumbers();
        return numbers[from];
    }

    /**
     * The greatest number.
     *
     * @throws NoSuchElementException if the set is empty
     */
    public long last() {
        requireNumbers();
        return numbers[to - 1];
    }

    /**
     * The numbers not less than {@code least} and less than {@code bound}, as a view: it shares the array of this set,
     * and so keeps it from being collected; {@link #compact} makes it independent.
     *
     * @throws IllegalArgumentException if {@code least} is greater than {@code bound}
     */
    public ImmSortedLongSet range(long least, long bound) {
        if (least > bound) {
            throw new IllegalArgumentException("the range ends before it begins");
        }
        int start = Search.lowerBound(numbers, from, to, least);
        return view(start, Search.lowerBound(numbers, start, to, bound));
    }

    /** The numbers less than {@code bound}, as a view like {@link #range}. */
    public ImmSortedLongSet head(long bound) {
        return view(from, Search.lowerBound(numbers, from, to, bound));
    }

    /** The numbers not less than {@code least}, as a view like {@link #range}. */
    public ImmSortedLongSet tail(long least) {
        return view(Search.lowerBound(numbers, from, to, least), to);
    }

    /**
     * The numbers of rank {@code fromRank} (inclusive) to {@code toRank} (exclusive), as a view like {@link #range}.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 <= fromRank <= toRank <= size()}
     */
    public ImmSortedLongSet slice(int fromRank, int toRank) {
        Objects.checkFromToIndex(fromRank, toRank, size());
        return view(from + fromRank, from + toRank);
    }

    /** This set if its array holds nothing else, or a copy of which that is so. */
    public ImmSortedLongSet compact() {
        return size() == numbers.length ? this : whole(toArray());
    }

    /**
     * This set with the number.
     *
     * @return this very set if it has it already
     */
    public ImmSortedLongSet insert(long number) {
        int position = Search.lowerBound(numbers, from, to, number);
        if (position < to && numbers[position] == number) {
            return this;
        }
        long[] inserted = new long[Math.addExact(size(), 1)];
        System.arraycopy(numbers, from, inserted, 0, position - from);
        inserted[position - from] = number;
        System.arraycopy(numbers, position, inserted, position - from + 1, to - position);
        return whole(inserted);
    }

    /**
     * This set with all of these numbers, which come in any order and may repeat.
     *
     * @return this very set if it has them all
     */
    public ImmSortedLongSet insert(long... added) {
        return combine(Algebra.UNION, of(added));
    }

    /**
     * This set without the number.
     *
     * @return this very set if it does not have it
     */
    public ImmSortedLongSet delete(long number) {
        int found = search(number);
        if (found < 0) {
            return this;
        }
        long[] left = new long[size() - 1];
        System.arraycopy(numbers, from, left, 0, found - from);
        System.arraycopy(numbers, found + 1, left, found - from, to - found - 1);
        return whole(left);
    }

    /**
     * This set without any of these numbers, which come in any order and may repeat.
     *
     * @return this very set if it has none of them
     */
    public ImmSortedLongSet delete(long... removed) {
        return combine(Algebra.DIFFERENCE, of(removed));
    }

    /**
     * The set of the numbers that are in this set or the other.
     *
     * @return this very set if it has all numbers of the other; else the other one if that has all of this one's
     */
    public ImmSortedLongSet union(ImmSortedLongSet other) {
        return combine(Algebra.UNION, other);
    }

    /**
     * The set of the numbers that are in this set or any of the others: O(n·log k) for {@code k} sets of {@code n}
     * numbers together.
     *
     * @return this very set if it has all numbers of the others
     */
    public ImmSortedLongSet unionAll(Collection<ImmSortedLongSet> others) {
        ImmSortedLongSet united = UnionAll.of(this, others, ImmSortedLongSet::union);
        return united.size() == size() ? this : united;
    }

    /**
     * The set of the numbers of this set that are not in the other.
     *
     * @return this very set if they have no number in common
     */
    public ImmSortedLongSet difference(ImmSortedLongSet other) {
        return combine(Algebra.DIFFERENCE, other);
    }

    /**
     * The set of the numbers that are in both sets.
     *
     * @return this very set if the other has all of its numbers; else the other one if this one has all of that one's
     */
    public ImmSortedLongSet intersection(ImmSortedLongSet other) {
        return combine(Algebra.INTERSECTION, other);
    }

    /**
     * The set of the numbers that are in this set or the other but not in both.
     *
     * @return this very set if the other is empty
     */
    public ImmSortedLongSet symmetricDifference(ImmSortedLongSet other) {
        return combine(Algebra.SYMMETRIC_DIFFERENCE, other);
    }

    /** All numbers in ascending order; {@code remove} is not supported. */
    public PrimitiveIterator.OfLong iterator() {
        return new PrimitiveIterator.OfLong() {
            private int next = from;

            @Override
            public boolean hasNext() {
                return next < to;
            }

            @Override
            public long nextLong() {
                if (next == to) {
                    throw new NoSuchElementException("no number after the last");
                }
                return numbers[next++];
            }
        };
    }

    /** All numbers in descending order; {@code remove} is not supported. */
    public PrimitiveIterator.OfLong descendingIterator() {
        return new PrimitiveIterator.OfLong() {
            private int next = to;

            @Override
            public boolean hasNext() {
                return next > from;
            }

            @Override
            public long nextLong() {
                if (next == from) {
                    throw new NoSuchElementException("no number before the first");
                }
                return numbers[--next];
            }
        };
    }

    /** Gives all numbers to the action in ascending order. */
    public void forEach(LongConsumer action) {
        Objects.requireNonNull(action, "action");
        for (int i = from; i < to; i++) {
            action.accept(numbers[i]);
        }
    }

    /** A spliterator over all numbers that is sized, sorted, distinct and immutable, and splits into halves. */
    public Spliterator.OfLong spliterator() {
        return Spliterators.spliterator(numbers, from, to, CHARACTERISTICS);
    }

    /** All numbers in ascending order, as a sequential stream. */
    public LongStream stream() {
        return StreamSupport.longStream(spliterator(), false);
    }

    /** The numbers in ascending order, in a new array. */
    public long[] toArray() {
        return Arrays.copyOfRange(numbers, from, to);
    }

    /** Whether the other object is a set of the same numbers. */
    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof ImmSortedLongSet that
                        && Arrays.equals(numbers, from, to, that.numbers, that.from, that.to));
    }

    /** The sum of the hash codes of the numbers, as of a {@link java.util.Set} of them. */
    @Override
    public int hashCode() {
        int sum = 0;
        for (int i = from; i < to; i++) {
            sum += Long.hashCode(numbers[i]);
        }
        return sum;
    }

    /** The numbers in ascending order, as in {@code [1, 2, 3]}. */
    @Override
    public String toString() {
        StringJoiner joiner = new StringJoiner(", ", "[", "]");
        for (int i = from; i < to; i++) {
            joiner.add(Long.toString(numbers[i]));
        }
        return joiner.toString();
    }

    private int search(long number) {
        return Arrays.binarySearch(numbers, from, to, number);
    }

    private void requireNumbers() {
        if (isEmpty()) {
            throw new NoSuchElementException("the set is empty");
        }
    }

    private ImmSortedLongSet view(int start, int end) {
        return start == from && end == to ? this : new ImmSortedLongSet(numbers, start, end);
    }

    private static ImmSortedLongSet whole(long[] ascending) {
        return ascending.length == 0 ? EMPTY : new ImmSortedLongSet(ascending, 0, ascending.length);
    }

    private LongSides sides(ImmSortedLongSet other) {
        return new LongSides(numbers, from, to, other.numbers, other.from, other.to);
    }

    private ImmSortedLongSet combine(Algebra algebra, ImmSortedLongSet other) {
        if (other.isEmpty()) {
            return algebra.onlyFirst ? this : EMPTY;
        }
        if (isEmpty()) {
            return algebra.onlySecond ? other : this;
        }
        long least = Math.min(first(), other.first());
        long most = Math.max(last(), other.last());
        boolean unequal = Sides.isFarShorter(size(), other.size(), GALLOP_RATIO)
                || Sides.isFarShorter(other.size(), size(), GALLOP_RATIO);
        boolean apart = last() < other.first() || other.last() < first();
        if (unequal || apart || !LongMerge.fits(least, most)) {
            Runs runs = sides(other).combine(algebra);
            ImmSortedLongSet same = same(algebra, other, runs.size());
            return same != null ? same : whole(runs.copy(numbers, from, other.numbers, other.from));
        }
        if (DenseBits.suit(least, most, (long) size() + other.size())) {
            DenseBits bits = new DenseBits(least, most)
                    .addAscending(numbers, from, to)
                    .combineAscending(algebra, other.numbers, other.from, other.to);
            int count = bits.count();
            ImmSortedLongSet same = same(algebra, other, count);
            return same != null ? same : whole(bits.numbers(count));
        }
        long[] combined = new long[LongMerge.room(algebra, size(), other.size())];
        int count = LongMerge.combine(algebra, numbers, from, to, other.numbers, other.from, other.to, combined);
        ImmSortedLongSet same = same(algebra, other, count);
        if (same != null) {
            return same;
        }
        boolean slack = combined.length - count > combined.length >> SLACK_SHIFT;
        return slack ? whole(Arrays.copyOf(combined, count)) : new ImmSortedLongSet(combined, 0, count);
    }

    /** The set that a combination of so many numbers is one and the same with, or null. */
    private ImmSortedLongSet same(Algebra algebra, ImmSortedLongSet other, int count) {
        if (algebra == Algebra.SYMMETRIC_DIFFERENCE) {
            return null;
        }
        if (count == size()) {
            return this;
        }
        return algebra != Algebra.DIFFERENCE && count == other.size() ? other : null;
    }

    /**
     * Gathers numbers into a set: in linear time if they arrive in ascending order, and by sorting otherwise. For one
     * thread. It can go on after a set has been built.
     */
    public static final class Builder {
        private long[] gathered = new long[16];
        private int count;

        private Builder() {}

        /** Adds a number, again or for the first time. */
        public Builder add(long number) {
            if (count == gathered.length) {
                gathered = Arrays.copyOf(gathered, Math.addExact(count, count >> 1));
            }
            gathered[count++] = number;
            return this;
        }

        /** The set of all numbers added so far. */
        public ImmSortedLongSet build() {
            return of(Arrays.copyOf(gathered, count));
        }
    }
}
