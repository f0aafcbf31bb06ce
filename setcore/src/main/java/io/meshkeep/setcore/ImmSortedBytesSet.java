package io.meshkeep.setcore;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Spliterator;
import java.util.StringJoiner;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An immutable set of byte strings in unsigned lexicographic order, the order of keys in etcd. The strings lie one after
 * the other in one array: each costs its own bytes and 4 more.
 *
 * <p>It has the contract of {@link ImmSortedSet}. Strings are copied on the way in and on the way out, so that nobody can
 * change them; {@link #buffer} shows one without copying it. {@link #prefix} gives all strings that begin alike.
 *
 * <p>Instances are safe for use by any number of threads, also when published through a data race. Iterators and builders
 * are for one thread at a time. All strings of a set together, and all strings of two sets that are combined, have at
 * most {@link Integer#MAX_VALUE} bytes; beyond that, {@link ArithmeticException} is thrown.
 */
public final class ImmSortedBytesSet implements Iterable<byte[]> {
    private static final Comparator<byte[]> ORDER = Arrays::compareUnsigned;
    private static final ImmSortedBytesSet EMPTY = new ImmSortedBytesSet(new byte[0], new int[1], 0, 0);

    private final byte[] bytes;
    /** String {@code i} is {@code bytes[starts[i]]} up to {@code bytes[starts[i + 1]]}. */
    private final int[] starts;
    /** The strings of the set are {@code from} to {@code to}; a range shares the arrays with the set it is of. */
    private final int from;

    private final int to;

    private ImmSortedBytesSet(byte[] bytes, int[] starts, int from, int to) {
        this.bytes = bytes;
        this.starts = starts;
        this.from = from;
        this.to = to;
    }

    /** The set without strings. */
    public static ImmSortedBytesSet empty() {
        return EMPTY;
    }

    /** The set of these strings, which come in any order and may repeat. */
    public static ImmSortedBytesSet of(byte[]... strings) {
        return pack(sortedDistinct(strings.clone()));
    }

    /** The set of the strings of a collection. */
    public static ImmSortedBytesSet copyOf(Collection<byte[]> strings) {
        return pack(sortedDistinct(strings.toArray(new byte[0][])));
    }

    /**
     * The set of these strings.
     *
     * @throws IllegalArgumentException if they are not strictly ascending
     */
    public static ImmSortedBytesSet ofSorted(List<byte[]> strictlyAscending) {
        byte[][] strings = strictlyAscending.toArray(new byte[0][]);
        for (int i = 0; i < strings.length; i++) {
            Objects.requireNonNull(strings[i], "null is no element");
            if (i > 0 && ORDER.compare(strings[i - 1], strings[i]) >= 0) {
                throw new IllegalArgumentException("string " + i + " is not greater than the one before it");
            }
        }
        return pack(strings);
    }

    /** A builder of a set. */
    public static Builder builder() {
        return new Builder();
    }

    /** The order of the strings. */
    public Comparator<byte[]> order() {
        return ORDER;
    }

    /** How many strings the set has. */
    public int size() {
        return to - from;
    }

    /** Whether the set has no strings. */
    public boolean isEmpty() {
        return from == to;
    }

    /** How many bytes the strings have together. */
    public int byteSize() {
        return starts[to] - starts[from];
    }

    /** Whether the set has the string. */
    public boolean contains(byte[] string) {
        return search(string) >= 0;
    }

    /** Whether the set has every string of the other. */
    public boolean containsAll(ImmSortedBytesSet other) {
        return sides(other).firstHasAllOfSecond();
    }

    /** How many strings of the set are less than the one given, which need not be in it. */
    public int rank(byte[] string) {
        return bound(string) - from;
    }

    /**
     * A copy of the string that has {@code index} strings before it.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 <= index < size()}
     */
    public byte[] select(int index) {
        return at(from + Objects.checkIndex(index, size()));
    }

    /**
     * The string that has {@code index} strings before it, for reading alone and without copying it.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 <= index < size()}
     */
    public ByteBuffer buffer(int index) {
        int i = from + Objects.checkIndex(index, size());
        return ByteBuffer.wrap(bytes, starts[i], starts[i + 1] - starts[i])
                .slice()
                .asReadOnlyBuffer();
    }

    /**
     * A copy of the least string.
     *
     * @throws NoSuchElementException if the set is empty
     */
    public byte[] first() {
        requireStrings();
        return at(from);
    }

    /**
     * A copy of the greatest string.
     *
     * @throws NoSuchElementException if the set is empty
     */
    public byte[] last() {
        requireStrings();
        return at(to - 1);
    }

    /**
     * The strings not less than {@code least} and less than {@code bound}, as a view: it shares the arrays of this set,
     * and so keeps them from being collected; {@link #compact} makes it independent.
     *
     * @throws IllegalArgumentException if {@code least} is greater than {@code bound}
     */
    public ImmSortedBytesSet range(byte[] least, byte[] bound) {
        if (ORDER.compare(requireString(least), requireString(bound)) > 0) {
            throw new IllegalArgumentException("the range ends before it begins");
        }
        return view(bound(least), bound(bound));
    }

    /** The strings less than {@code bound}, as a view like {@link #range}. */
    public ImmSortedBytesSet head(byte[] bound) {
        return view(from, bound(bound));
    }

    /** The strings not less than {@code least}, as a view like {@link #range}. */
    public ImmSortedBytesSet tail(byte[] least) {
        return view(bound(least), to);
    }

    /** The strings that begin with {@code prefix}, itself included, as a view like {@link #range}. */
    public ImmSortedBytesSet prefix(byte[] prefix) {
        int start = bound(prefix);
        int low = start;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            int end = Math.min(starts[middle + 1], starts[middle] + prefix.length);
            if (Arrays.equals(bytes, starts[middle], end, prefix, 0, prefix.length)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return view(start, low);
    }

    /**
     * The strings of rank {@code fromRank} (inclusive) to {@code toRank} (exclusive), as a view like {@link #range}.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 <= fromRank <= toRank <= size()}
     */
    public ImmSortedBytesSet slice(int fromRank, int toRank) {
        Objects.checkFromToIndex(fromRank, toRank, size());
        return view(from + fromRank, from + toRank);
    }

    /** This set if it is no view of a larger one, or a copy that is none. */
    public ImmSortedBytesSet compact() {
        if (size() == starts.length - 1) {
            return this;
        }
        Runs all = new Runs(size());
        all.add(0, size());
        return take(all, EMPTY);
    }

    /**
     * This set with the string.
     *
     * @return this very set if it has it already
     */
    public ImmSortedBytesSet insert(byte[] string) {
        int found = search(string);
        if (found >= 0) {
            return this;
        }
        int position = ~found - from;
        Runs runs = new Runs(size());
        runs.add(0, position);
        runs.add(size(), size() + 1);
        runs.add(position, size());
        return take(runs, pack(new byte[][] {string}));
    }

    /**
     * This set with all of these strings, which come in any order and may repeat.
     *
     * @return this very set if it has them all
     */
    public ImmSortedBytesSet insert(byte[]... added) {
        return combine(Algebra.UNION, of(added));
    }

    /** As {@link #insert(byte[][])}, with the strings of a collection. */
    public ImmSortedBytesSet insertAll(Collection<byte[]> added) {
        return combine(Algebra.UNION, copyOf(added));
    }

    /**
     * This set without the string.
     *
     * @return this very set if it does not have it
     */
    public ImmSortedBytesSet delete(byte[] string) {
        int found = search(string);
        if (found < 0) {
            return this;
        }
        Runs runs = new Runs(size());
        runs.add(0, found - from);
        runs.add(found - from + 1, size());
        return take(runs, EMPTY);
    }

    /**
     * This set without any of these strings, which come in any order and may repeat.
     *
     * @return this very set if it has none of them
     */
    public ImmSortedBytesSet delete(byte[]... removed) {
        return combine(Algebra.DIFFERENCE, of(removed));
    }

    /** As {@link #delete(byte[][])}, with the strings of a collection. */
    public ImmSortedBytesSet deleteAll(Collection<byte[]> removed) {
        return combine(Algebra.DIFFERENCE, copyOf(removed));
    }

    /**
     * The set of the strings that are in this set or the other.
     *
     * @return this very set if it has all strings of the other
     */
    public ImmSortedBytesSet union(ImmSortedBytesSet other) {
        return combine(Algebra.UNION, other);
    }

    /**
     * The set of the strings that are in this set or any of the others: O(n·log k) for {@code k} sets of {@code n}
     * strings together.
     *
     * @return this very set if it has all strings of the others
     */
    public ImmSortedBytesSet unionAll(Collection<ImmSortedBytesSet> others) {
        return UnionAll.of(this, others, ImmSortedBytesSet::union);
    }

    /**
     * The set of the strings of this set that are not in the other.
     *
     * @return this very set if they have no string in common
     */
    public ImmSortedBytesSet difference(ImmSortedBytesSet other) {
        return combine(Algebra.DIFFERENCE, other);
    }

    /**
     * The set of the strings that are in both sets.
     *
     * @return this very set if the other has all of its strings
     */
    public ImmSortedBytesSet intersection(ImmSortedBytesSet other) {
        return combine(Algebra.INTERSECTION, other);
    }

    /**
     * The set of the strings that are in this set or the other but not in both.
     *
     * @return this very set if the other is empty
     */
    public ImmSortedBytesSet symmetricDifference(ImmSortedBytesSet other) {
        return combine(Algebra.SYMMETRIC_DIFFERENCE, other);
    }

    /** Copies of all strings in ascending order; {@code remove} is not supported. */
    @Override
    public Iterator<byte[]> iterator() {
        return new Iterator<>() {
            private int next = from;

            @Override
            public boolean hasNext() {
                return next < to;
            }

            @Override
            public byte[] next() {
                if (next == to) {
                    throw new NoSuchElementException("no string after the last");
                }
                return at(next++);
            }
        };
    }

    /** Copies of all strings in descending order; {@code remove} is not supported. */
    public Iterator<byte[]> descendingIterator() {
        return new Iterator<>() {
            private int next = to;

            @Override
            public boolean hasNext() {
                return next > from;
            }

            @Override
            public byte[] next() {
                if (next == from) {
                    throw new NoSuchElementException("no string before the first");
                }
                return at(--next);
            }
        };
    }

    @Override
    public void forEach(Consumer<? super byte[]> action) {
        spliterator().forEachRemaining(action);
    }

    /** A spliterator over copies of all strings that is sized, sorted and immutable, and splits into halves. */
    @Override
    public Spliterator<byte[]> spliterator() {
        return new SliceSpliterator<>(this::at, ORDER, from, to);
    }

    /** Copies of all strings in ascending order, as a sequential stream. */
    public Stream<byte[]> stream() {
        return StreamSupport.stream(spliterator(), false);
    }

    /** Copies of the strings in ascending order, in a new array. */
    public byte[][] toArray() {
        byte[][] array = new byte[size()][];
        for (int i = 0; i < array.length; i++) {
            array[i] = at(from + i);
        }
        return array;
    }

    /** Whether the other object is a set of the same strings. */
    @Override
    public boolean equals(Object other) {
        if (this == other) {
            return true;
        }
        if (!(other instanceof ImmSortedBytesSet that) || size() != that.size() || byteSize() != that.byteSize()) {
            return false;
        }
        int shift = that.starts[that.from] - starts[from];
        for (int i = 0; i < size(); i++) {
            if (starts[from + i] + shift != that.starts[that.from + i]) {
                return false;
            }
        }
        return Arrays.equals(bytes, starts[from], starts[to], that.bytes, that.starts[that.from], that.starts[that.to]);
    }

    /** The sum of the hash codes of the strings, each as of {@link Arrays#hashCode(byte[])}. */
    @Override
    public int hashCode() {
        int sum = 0;
        for (int i = from; i < to; i++) {
            int hash = 1;
            for (int j = starts[i]; j < starts[i + 1]; j++) {
                hash = 31 * hash + bytes[j];
            }
            sum += hash;
        }
        return sum;
    }

    /** The strings in ascending order and hexadecimal, as in {@code [6b6579, 6c]}. */
    @Override
    public String toString() {
        StringJoiner joiner = new StringJoiner(", ", "[", "]");
        for (int i = from; i < to; i++) {
            joiner.add(HexFormat.of().formatHex(bytes, starts[i], starts[i + 1]));
        }
        return joiner.toString();
    }

    private static byte[] requireString(byte[] string) {
        return Objects.requireNonNull(string, "null is no element");
    }

    private static byte[][] sortedDistinct(byte[][] own) {
        boolean ascending = true;
        for (int i = 0; i < own.length; i++) {
            requireString(own[i]);
            ascending = ascending && (i == 0 || ORDER.compare(own[i - 1], own[i]) < 0);
        }
        if (ascending) {
            return own;
        }
        Arrays.sort(own, ORDER);
        int kept = 1;
        for (int i = 1; i < own.length; i++) {
            if (ORDER.compare(own[kept - 1], own[i]) != 0) {
                own[kept++] = own[i];
            }
        }
        return Arrays.copyOf(own, kept);
    }

    private static ImmSortedBytesSet pack(byte[][] ascending) {
        if (ascending.length == 0) {
            return EMPTY;
        }
        int[] starts = new int[ascending.length + 1];
        for (int i = 0; i < ascending.length; i++) {
            starts[i + 1] = Math.addExact(starts[i], ascending[i].length);
        }
        byte[] bytes = new byte[starts[ascending.length]];
        for (int i = 0; i < ascending.length; i++) {
            System.arraycopy(ascending[i], 0, bytes, starts[i], ascending[i].length);
        }
        return new ImmSortedBytesSet(bytes, starts, 0, ascending.length);
    }

    private byte[] at(int index) {
        return Arrays.copyOfRange(bytes, starts[index], starts[index + 1]);
    }

    /** The index of the string, or {@code -1 - i} if it would have to be put at {@code i}. */
    private int search(byte[] string) {
        requireString(string);
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            int comparison =
                    Arrays.compareUnsigned(bytes, starts[middle], starts[middle + 1], string, 0, string.length);
            if (comparison < 0) {
                low = middle + 1;
            } else if (comparison > 0) {
                high = middle;
            } else {
                return middle;
            }
        }
        return ~low;
    }

    /** The first index whose string is not less than the one given. */
    private int bound(byte[] string) {
        int found = search(string);
        return found >= 0 ? found : ~found;
    }

    private void requireStrings() {
        if (isEmpty()) {
            throw new NoSuchElementException("the set is empty");
        }
    }

    private ImmSortedBytesSet view(int start, int end) {
        if (start == from && end == to) {
            return this;
        }
        return start == end ? EMPTY : new ImmSortedBytesSet(bytes, starts, start, end);
    }

    private BytesSides sides(ImmSortedBytesSet other) {
        return new BytesSides(bytes, starts, from, to, other.bytes, other.starts, other.from, other.to);
    }

    private ImmSortedBytesSet combine(Algebra algebra, ImmSortedBytesSet other) {
        if (other.isEmpty()) {
            return algebra.onlyFirst ? this : EMPTY;
        }
        if (isEmpty()) {
            return algebra.onlySecond ? other : this;
        }
        Runs runs = sides(other).combine(algebra);
        return runs.isAllOfFirst() ? this : take(runs, other);
    }

    /** The set of the strings that the runs are of, this one being the first source. */
    private ImmSortedBytesSet take(Runs runs, ImmSortedBytesSet other) {
        if (runs.size() == 0) {
            return EMPTY;
        }
        int[] taken = new int[runs.size() + 1];
        int filled = 0;
        for (int run = 0; run < runs.count(); run++) {
            boolean own = runs.from(run) < size();
            int[] source = own ? starts : other.starts;
            int offset = own ? from : other.from - size();
            int start = runs.from(run) + offset;
            int end = runs.to(run) + offset;
            Math.addExact(taken[filled], source[end] - source[start]);
            int shift = taken[filled] - source[start];
            for (int i = start + 1; i <= end; i++) {
                taken[++filled] = source[i] + shift;
            }
        }
        byte[] copied = new byte[taken[filled]];
        int written = 0;
        for (int run = 0; run < runs.count(); run++) {
            boolean own = runs.from(run) < size();
            int[] source = own ? starts : other.starts;
            int offset = own ? from : other.from - size();
            int start = source[runs.from(run) + offset];
            int length = source[runs.to(run) + offset] - start;
            System.arraycopy(own ? bytes : other.bytes, start, copied, written, length);
            written += length;
        }
        return new ImmSortedBytesSet(copied, taken, 0, filled);
    }

    /**
     * Gathers copies of strings into a set: in linear time if they arrive in ascending order, and by sorting otherwise.
     * For one thread. It can go on after a set has been built.
     */
    public static final class Builder {
        private byte[][] gathered = new byte[16][];
        private int count;

        private Builder() {}

        /** Adds a string, again or for the first time. */
        public Builder add(byte[] string) {
            if (count == gathered.length) {
                gathered = Arrays.copyOf(gathered, Math.addExact(count, count >> 1));
            }
            gathered[count++] = requireString(string).clone();
            return this;
        }

        /** The set of all strings added so far. */
        public ImmSortedBytesSet build() {
            return pack(sortedDistinct(Arrays.copyOf(gathered, count)));
        }
    }
}
