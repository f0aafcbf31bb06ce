package io.meshkeep.setcore;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Spliterator;
import java.util.StringJoiner;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An immutable sorted set, held as one sorted array.
 *
 * <p>Every change gives a new set and leaves this one as it is; when nothing changes, this very instance comes back.
 * Changes of many elements, and combinations of two sets, are one linear merge: O(n+m). When one side has far fewer
 * elements than the other, each of these is sought by galloping and the stretches between them are copied whole:
 * O(m·log(n/m)) comparisons and one copy of the array. Searches are logarithmic. Ranges are views in constant space.
 *
 * <p>It suits sets up to some thousands of elements, or larger ones that are combined as wholes. In a large set that
 * changes little at a time, {@link ChunkedSortedSet} copies only what changes; for numbers and byte strings there are
 * {@link ImmSortedLongSet} and {@link ImmSortedBytesSet}.
 *
 * <p>Elements are equal when the order says so ({@code compare == 0}), and the order must be consistent and never change
 * for elements in a set. Of two equal elements, the one that was in the set first stays. Null is no element, and every
 * method throws {@link NullPointerException} when given one. Arrays and collections passed in are neither modified nor
 * kept.
 *
 * <p>Instances are safe for use by any number of threads, also when published through a data race, as long as the
 * elements and the order are. Iterators and builders are for one thread at a time. Two sets can be combined if they have
 * no more than {@link Integer#MAX_VALUE} elements together; beyond that, {@link ArithmeticException} is thrown.
 *
 * @param <E> the type of the elements
 */
public final class ImmSortedSet<E> implements Iterable<E> {
    private static final ImmSortedSet<?> EMPTY_NATURAL =
            new ImmSortedSet<>((Comparator<?>) Comparator.naturalOrder(), new Object[0], 0, 0);

    private final Comparator<? super E> order;
    /** Holds the elements of the set from {@code from} to {@code to}; a range shares it with the set it is of. */
    private final Object[] elements;

    private final int from;
    private final int to;

    private ImmSortedSet(Comparator<? super E> order, Object[] elements, int from, int to) {
        this.order = order;
        this.elements = elements;
        this.from = from;
        this.to = to;
    }

    /** The set without elements, in natural order. */
    @SuppressWarnings("unchecked")
    public static <E extends Comparable<? super E>> ImmSortedSet<E> empty() {
        return (ImmSortedSet<E>) EMPTY_NATURAL;
    }

    /** The set without elements, in this order. */
    public static <E> ImmSortedSet<E> empty(Comparator<? super E> order) {
        return new ImmSortedSet<>(Objects.requireNonNull(order, "order"), new Object[0], 0, 0);
    }

    /** The set of these elements, which come in any order and may repeat, in natural order. */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public static <E extends Comparable<? super E>> ImmSortedSet<E> of(E... elements) {
        return ImmSortedSet.<E>empty().insertUnsorted(copy(elements));
    }

    /** The set of these elements, which come in any sequence and may repeat, in the order given. */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public static <E> ImmSortedSet<E> of(Comparator<? super E> order, E... elements) {
        return ImmSortedSet.<E>empty(order).insertUnsorted(copy(elements));
    }

    /** The set of the elements of a collection, in natural order. */
    public static <E extends Comparable<? super E>> ImmSortedSet<E> copyOf(Collection<? extends E> elements) {
        return ImmSortedSet.<E>empty().insertUnsorted(copy(elements));
    }

    /** The set of the elements of a collection, in the order given. */
    public static <E> ImmSortedSet<E> copyOf(Comparator<? super E> order, Collection<? extends E> elements) {
        return ImmSortedSet.<E>empty(order).insertUnsorted(copy(elements));
    }

    /**
     * The set of these elements.
     *
     * @throws IllegalArgumentException if they are not strictly ascending in the order given
     */
    public static <E> ImmSortedSet<E> ofSorted(Comparator<? super E> order, List<? extends E> strictlyAscending) {
        Object[] elements = copy(strictlyAscending);
        ImmSortedSet<E> set = new ImmSortedSet<>(Objects.requireNonNull(order, "order"), elements, 0, elements.length);
        for (int i = 0; i < elements.length; i++) {
            Objects.requireNonNull(elements[i], "null is no element");
            if (i > 0 && set.objectOrder().compare(elements[i - 1], elements[i]) >= 0) {
                throw new IllegalArgumentException("element " + i + " is not greater than the one before it");
            }
        }
        return set;
    }

    /** A builder of a set in natural order. */
    public static <E extends Comparable<? super E>> Builder<E> builder() {
        return new Builder<>(Comparator.naturalOrder());
    }

    /** A builder of a set in this order. */
    public static <E> Builder<E> builder(Comparator<? super E> order) {
        return new Builder<>(Objects.requireNonNull(order, "order"));
    }

    /** The order of the elements. */
    public Comparator<? super E> order() {
        return order;
    }

    /** How many elements the set has. */
    public int size() {
        return to - from;
    }

    /** Whether the set has no elements. */
    public boolean isEmpty() {
        return from == to;
    }

    /** The element of the set that is equal to the one given, or null if there is none. */
    public E get(E equal) {
        int found = search(equal);
        return found >= 0 ? at(found) : null;
    }

    /** Whether the set has an element equal to the one given. */
    public boolean contains(E element) {
        return search(element) >= 0;
    }

    /**
     * Whether the set has every element of the other.
     *
     * @throws IllegalArgumentException if the other set has another order
     */
    public boolean containsAll(ImmSortedSet<E> other) {
        requireSameOrder(other);
        return sides(other).firstHasAllOfSecond();
    }

    /** Whether the set has every element of the collection. */
    public boolean containsAll(Collection<? extends E> others) {
        for (E element : others) {
            if (!contains(element)) {
                return false;
            }
        }
        return true;
    }

    /** How many elements are less than the one given, which need not be in the set. */
    public int rank(E element) {
        int found = search(element);
        return (found >= 0 ? found : ~found) - from;
    }

    /**
     * The element that has {@code index} elements before it.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 <= index < size()}
     */
    public E select(int index) {
        return at(from + Objects.checkIndex(index, size()));
    }

    /**
     * The least element.
     *
     * @throws NoSuchElementException if the set is empty
     */
    public E first() {
        requireElements();
        return at(from);
    }

    /**
     * The greatest element.
     *
     * @throws NoSuchElementException if the set is empty
     */
    public E last() {
        requireElements();
        return at(to - 1);
    }

    /**
     * The elements not less than {@code least} and less than {@code bound}, as a view: it shares the array of this set,
     * and so keeps it from being collected; {@link #compact} makes it independent.
     *
     * @throws IllegalArgumentException if {@code least} is greater than {@code bound}
     */
    public ImmSortedSet<E> range(E least, E bound) {
        return range(least, true, bound, false);
    }

    /**
     * The elements between two others, as a view like {@link #range(Object, Object)}.
     *
     * @param lowInclusive whether an element equal to {@code low} is part of the range
     * @param highInclusive whether an element equal to {@code high} is part of the range
     * @throws IllegalArgumentException if {@code low} is greater than {@code high}
     */
    public ImmSortedSet<E> range(E low, boolean lowInclusive, E high, boolean highInclusive) {
        Objects.requireNonNull(low, "null is no element");
        Objects.requireNonNull(high, "null is no element");
        if (order.compare(low, high) > 0) {
            throw new IllegalArgumentException("the range ends before it begins");
        }
        int start = bound(low, !lowInclusive);
        return view(start, Math.max(start, bound(high, highInclusive)));
    }

    /** The elements less than {@code bound}, as a view like {@link #range(Object, Object)}. */
    public ImmSortedSet<E> head(E bound) {
        return view(from, bound(bound, false));
    }

    /** The elements not less than {@code least}, as a view like {@link #range(Object, Object)}. */
    public ImmSortedSet<E> tail(E least) {
        return view(bound(least, false), to);
    }

    /**
     * The elements of rank {@code fromRank} (inclusive) to {@code toRank} (exclusive), as a view like
     * {@link #range(Object, Object)}.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 <= fromRank <= toRank <= size()}
     */
    public ImmSortedSet<E> slice(int fromRank, int toRank) {
        Objects.checkFromToIndex(fromRank, toRank, size());
        return view(from + fromRank, from + toRank);
    }

    /** This set if it is no view of a larger one, or a copy that is none. */
    public ImmSortedSet<E> compact() {
        return size() == elements.length ? this : whole(Arrays.copyOfRange(elements, from, to));
    }

    /**
     * This set with the element.
     *
     * @return this very set if it has an equal one
     */
    public ImmSortedSet<E> insert(E element) {
        int found = search(element);
        if (found >= 0) {
            return this;
        }
        int position = ~found - from;
        Object[] inserted = new Object[Math.addExact(size(), 1)];
        System.arraycopy(elements, from, inserted, 0, position);
        inserted[position] = element;
        System.arraycopy(elements, from + position, inserted, position + 1, size() - position);
        if (inserted.length == 1) {
            // Whatever cannot be compared is refused here and not when a second element comes.
            order.compare(element, element);
        }
        return whole(inserted);
    }

    /**
     * This set with all of these elements, which come in any order and may repeat.
     *
     * @return this very set if it has equal ones of them all
     */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final ImmSortedSet<E> insert(E... added) {
        return insertUnsorted(copy(added));
    }

    /** As {@link #insert(Object[])}, with the elements of a collection. */
    public ImmSortedSet<E> insertAll(Collection<? extends E> added) {
        return insertUnsorted(copy(added));
    }

    /**
     * This set without the element equal to the one given.
     *
     * @return this very set if it has no such element
     */
    public ImmSortedSet<E> delete(E element) {
        int found = search(element);
        if (found < 0) {
            return this;
        }
        Object[] left = new Object[size() - 1];
        System.arraycopy(elements, from, left, 0, found - from);
        System.arraycopy(elements, found + 1, left, found - from, to - found - 1);
        return whole(left);
    }

    /**
     * This set without the elements that are equal to any of these, which come in any order and may repeat.
     *
     * @return this very set if it has none of them
     */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final ImmSortedSet<E> delete(E... removed) {
        return deleteUnsorted(copy(removed));
    }

    /** As {@link #delete(Object[])}, with the elements of a collection. */
    public ImmSortedSet<E> deleteAll(Collection<? extends E> removed) {
        return deleteUnsorted(copy(removed));
    }

    /**
     * The set of the elements that are in this set or the other. Of two equal elements it has the one of this set.
     *
     * @return this very set if it has all elements of the other
     * @throws IllegalArgumentException if the other set has another order
     */
    public ImmSortedSet<E> union(ImmSortedSet<E> other) {
        return combine(Algebra.UNION, other);
    }

    /**
     * The set of the elements that are in this set or any of the others, by merges of sets of about the same size as far
     * as their sequence allows: O(n·log k) for {@code k} sets of {@code n} elements together. Of equal elements it has
     * the one of this set, or else of the first of the others.
     *
     * @return this very set if it has all elements of the others
     * @throws IllegalArgumentException if another set has another order
     */
    public ImmSortedSet<E> unionAll(Collection<ImmSortedSet<E>> others) {
        return UnionAll.of(this, others, ImmSortedSet::union);
    }

    /**
     * The set of the elements of this set that are not in the other.
     *
     * @return this very set if they have no element in common
     * @throws IllegalArgumentException if the other set has another order
     */
    public ImmSortedSet<E> difference(ImmSortedSet<E> other) {
        return combine(Algebra.DIFFERENCE, other);
    }

    /**
     * The set of the elements of this set that are also in the other.
     *
     * @return this very set if the other has all of its elements
     * @throws IllegalArgumentException if the other set has another order
     */
    public ImmSortedSet<E> intersection(ImmSortedSet<E> other) {
        return combine(Algebra.INTERSECTION, other);
    }

    /**
     * The set of the elements that are in this set or the other but not in both.
     *
     * @return this very set if the other is empty
     * @throws IllegalArgumentException if the other set has another order
     */
    public ImmSortedSet<E> symmetricDifference(ImmSortedSet<E> other) {
        return combine(Algebra.SYMMETRIC_DIFFERENCE, other);
    }

    /** All elements in ascending order; {@code remove} is not supported. */
    @Override
    public Iterator<E> iterator() {
        return new Iterator<>() {
            private int next = from;

            @Override
            public boolean hasNext() {
                return next < to;
            }

            @Override
            public E next() {
                if (next == to) {
                    throw new NoSuchElementException("no element after the last");
                }
                return at(next++);
            }
        };
    }

    /** All elements in descending order; {@code remove} is not supported. */
    public Iterator<E> descendingIterator() {
        return new Iterator<>() {
            private int next = to;

            @Override
            public boolean hasNext() {
                return next > from;
            }

            @Override
            public E next() {
                if (next == from) {
                    throw new NoSuchElementException("no element before the first");
                }
                return at(--next);
            }
        };
    }

    @Override
    public void forEach(Consumer<? super E> action) {
        Objects.requireNonNull(action, "action");
        for (int i = from; i < to; i++) {
            action.accept(at(i));
        }
    }

    /** A spliterator over all elements that is sized, sorted, distinct and immutable, and splits into halves. */
    @Override
    public Spliterator<E> spliterator() {
        return new SliceSpliterator<>(this::at, order, from, to);
    }

    /** All elements in ascending order, as a sequential stream. */
    public Stream<E> stream() {
        return StreamSupport.stream(spliterator(), false);
    }

    /** The elements in ascending order, in a new array. */
    public Object[] toArray() {
        return Arrays.copyOfRange(elements, from, to);
    }

    /** The elements in ascending order, in an array made by the function, as in {@code toArray(String[]::new)}. */
    public <T> T[] toArray(IntFunction<T[]> newArray) {
        T[] array = newArray.apply(size());
        System.arraycopy(elements, from, array, 0, size());
        return array;
    }

    /**
     * Whether the other object is a set of as many elements, each of which {@link Object#equals equals} the element
     * that the order finds for it here. Sets of different order can be equal.
     */
    @Override
    @SuppressWarnings("unchecked")
    public boolean equals(Object other) {
        if (this == other) {
            return true;
        }
        if (!(other instanceof ImmSortedSet<?> that) || that.size() != size()) {
            return false;
        }
        if (order.equals(that.order)) {
            return Arrays.equals(elements, from, to, that.elements, that.from, that.to);
        }
        try {
            for (Object element : that) {
                if (!element.equals(get((E) element))) {
                    return false;
                }
            }
            return true;
        } catch (ClassCastException elementsOfAnotherType) {
            return false;
        }
    }

    /** The sum of the hash codes of the elements, as of any {@link java.util.Set}. */
    @Override
    public int hashCode() {
        int sum = 0;
        for (int i = from; i < to; i++) {
            sum += elements[i].hashCode();
        }
        return sum;
    }

    /** The elements in ascending order, as in {@code [a, b, c]}. */
    @Override
    public String toString() {
        StringJoiner joiner = new StringJoiner(", ", "[", "]");
        for (int i = from; i < to; i++) {
            joiner.add(elements[i].toString());
        }
        return joiner.toString();
    }

    private static Object[] copy(Object[] elements) {
        // Not clone: an array of a narrower type would refuse other elements later.
        return Arrays.copyOf(elements, elements.length, Object[].class);
    }

    private static Object[] copy(Collection<?> elements) {
        return copy(elements.toArray());
    }

    @SuppressWarnings("unchecked")
    private E at(int index) {
        return (E) elements[index];
    }

    @SuppressWarnings("unchecked")
    private Comparator<Object> objectOrder() {
        return (Comparator<Object>) order;
    }

    /** The index of an equal element, or {@code -1 - i} if the one given would have to be put at {@code i}. */
    private int search(E element) {
        Objects.requireNonNull(element, "null is no element");
        return Search.binary(elements, from, to, element, objectOrder());
    }

    /** The first index whose element is not less than the one given, or if {@code after}, greater. */
    private int bound(E element, boolean after) {
        int found = search(element);
        if (found < 0) {
            return ~found;
        }
        return after ? found + 1 : found;
    }

    private void requireElements() {
        if (isEmpty()) {
            throw new NoSuchElementException("the set is empty");
        }
    }

    private void requireSameOrder(ImmSortedSet<E> other) {
        if (!order.equals(other.order)) {
            throw new IllegalArgumentException("the sets are in different orders");
        }
    }

    private ImmSortedSet<E> view(int start, int end) {
        return start == from && end == to ? this : new ImmSortedSet<>(order, elements, start, end);
    }

    private ImmSortedSet<E> whole(Object[] ascending) {
        return new ImmSortedSet<>(order, ascending, 0, ascending.length);
    }

    private Sides sides(ImmSortedSet<E> other) {
        return new ObjectSides(objectOrder(), elements, from, to, other.elements, other.from, other.to);
    }

    private ImmSortedSet<E> insertUnsorted(Object[] own) {
        return own.length == 0 ? this : combine(Algebra.UNION, whole(ObjectSort.distinct(own, objectOrder())));
    }

    private ImmSortedSet<E> deleteUnsorted(Object[] own) {
        return own.length == 0 ? this : combine(Algebra.DIFFERENCE, whole(ObjectSort.distinct(own, objectOrder())));
    }

    private ImmSortedSet<E> combine(Algebra algebra, ImmSortedSet<E> other) {
        requireSameOrder(other);
        if (other.isEmpty()) {
            return algebra.onlyFirst ? this : view(from, from);
        }
        if (isEmpty()) {
            return algebra.onlySecond ? other : this;
        }
        Object[] combined = Numbers.combine(algebra, order, elements, from, to, other.elements, other.from, other.to);
        if (combined == null) {
            Runs runs = sides(other).combine(algebra);
            if (runs.isAllOfFirst()) {
                return this;
            }
            combined = runs.copy(elements, from, other.elements, other.from);
        } else if (algebra != Algebra.SYMMETRIC_DIFFERENCE && combined.length == size()) {
            return this;
        }
        return whole(combined);
    }

    /**
     * Gathers elements into a set: in linear time if they arrive in ascending order, and by sorting otherwise. For one
     * thread. It can go on after a set has been built.
     *
     * @param <E> the type of the elements
     */
    public static final class Builder<E> {
        private final Comparator<? super E> order;
        private Object[] gathered = new Object[16];
        private int count;

        private Builder(Comparator<? super E> order) {
            this.order = order;
        }

        /** Adds an element; if an equal one was added before, that one stays. */
        public Builder<E> add(E element) {
            Objects.requireNonNull(element, "null is no element");
            if (count == gathered.length) {
                gathered = Arrays.copyOf(gathered, Math.addExact(count, count >> 1));
            }
            gathered[count++] = element;
            return this;
        }

        /** Adds all elements of a collection. */
        public Builder<E> addAll(Collection<? extends E> elements) {
            elements.forEach(this::add);
            return this;
        }

        /** The set of all elements added so far. */
        public ImmSortedSet<E> build() {
            return ImmSortedSet.<E>empty(order).insertUnsorted(Arrays.copyOf(gathered, count));
        }
    }
}
