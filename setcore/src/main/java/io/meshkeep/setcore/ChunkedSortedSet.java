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
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An immutable sorted set, held as a shallow, wide tree of immutable chunks.
 *
 * <p>Every change gives a new set that shares all untouched chunks with the old one. A batch of {@code k} changes copies
 * the chunks on the paths that it touches and no more; a single change to ten million elements copies 2 to 3 KB.
 * Searches by element, by rank and by {@link Probe} are logarithmic and allocate nothing; iteration is constant time an
 * element, amortised. Beyond the elements themselves the set costs little more than one reference each: 4.2 bytes with
 * compressed references, since chunks have no slack. {@link #union}, {@link #difference}, {@link #intersection} and
 * {@link #equals} skip the chunks that both sets share, and a set with far fewer elements than the other costs a search
 * an element instead of a reading of both.
 *
 * <p>Elements are equal when the order says so ({@code compare == 0}), and the order must be consistent and never change
 * for elements in a set. Null is no element, and every method throws {@link NullPointerException} when given one.
 *
 * <p>Instances are safe for use by any number of threads, also when published through a data race, as long as the
 * elements and the order are. Cursors, iterators and builders are for one thread at a time. A set holds at most
 * {@link Integer#MAX_VALUE} elements; a change that would exceed it throws {@link ArithmeticException}.
 *
 * @param <E> the type of the elements
 */
public final class ChunkedSortedSet<E> implements Iterable<E> {
    private final Comparator<? super E> order;
    private final Shape shape;
    private final Node root;

    private ChunkedSortedSet(Comparator<? super E> order, Shape shape, Node root) {
        this.order = order;
        this.shape = shape;
        this.root = root;
    }

    /**
     * A position in a sorted set, given by how elements compare to it. It lets a set be searched by something that is
     * not an element, such as a key within it, without allocation.
     *
     * @param <E> the type of the elements
     */
    @FunctionalInterface
    public interface Probe<E> {
        /**
         * Compares an element with the position sought. Over a set in ascending order the signs must be ascending too:
         * all negative ones first, then at most one zero if the probe is for {@link ChunkedSortedSet#find}, then the
         * positive ones.
         *
         * @return negative if the element is before the position, zero if it is at it, positive if it is after it
         */
        int compare(E element);
    }

    /** The set without elements, in this order. */
    public static <E> ChunkedSortedSet<E> empty(Comparator<? super E> order) {
        return empty(order, Shape.STANDARD);
    }

    static <E> ChunkedSortedSet<E> empty(Comparator<? super E> order, Shape shape) {
        return new ChunkedSortedSet<>(Objects.requireNonNull(order, "order"), shape, Leaf.EMPTY);
    }

    /**
     * The set of these elements, in chunks that are full.
     *
     * @throws IllegalArgumentException if the elements are not strictly ascending
     */
    public static <E> ChunkedSortedSet<E> ofSorted(Comparator<? super E> order, List<? extends E> strictlyAscending) {
        Builder<E> builder = builder(order);
        for (E element : strictlyAscending) {
            builder.add(element);
        }
        return builder.build();
    }

    /** The set of these elements, which come in any sequence and may repeat; of equal ones the first stays. */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public static <E> ChunkedSortedSet<E> of(Comparator<? super E> order, E... elements) {
        return ChunkedSortedSet.<E>empty(order).insert(elements);
    }

    /** The set of the elements of a collection, which come in any sequence and may repeat. */
    public static <E> ChunkedSortedSet<E> copyOf(Comparator<? super E> order, Collection<? extends E> elements) {
        return ChunkedSortedSet.<E>empty(order).insertAll(elements);
    }

    /** A builder of a set from elements in ascending order, in linear time. */
    public static <E> Builder<E> builder(Comparator<? super E> order) {
        return builder(order, Shape.STANDARD);
    }

    static <E> Builder<E> builder(Comparator<? super E> order, Shape shape) {
        return new Builder<>(Objects.requireNonNull(order, "order"), shape);
    }

    /** The order of the elements. */
    public Comparator<? super E> order() {
        return order;
    }

    /** How many elements the set has. */
    public int size() {
        return root.size();
    }

    /** Whether the set has no elements. */
    public boolean isEmpty() {
        return root.size() == 0;
    }

    /** The element for which the probe gives zero, or null if there is none. */
    @SuppressWarnings("unchecked")
    public E find(Probe<? super E> probe) {
        Probe<Object> objects = (Probe<Object>) Objects.requireNonNull(probe, "probe");
        Node node = root;
        while (node instanceof Inner inner) {
            int found = Search.binary(inner.firsts, 1, inner.firsts.length, objects);
            if (found >= 0) {
                return (E) inner.firsts[found];
            }
            node = inner.children[~found - 1];
        }
        Object[] elements = ((Leaf) node).elements;
        int found = Search.binary(elements, 0, elements.length, objects);
        return found >= 0 ? (E) elements[found] : null;
    }

    /** How many elements the probe says are before the position sought: the rank of the first that is not. */
    @SuppressWarnings("unchecked")
    public int lowerBound(Probe<? super E> probe) {
        Probe<Object> objects = (Probe<Object>) Objects.requireNonNull(probe, "probe");
        int rank = 0;
        Node node = root;
        while (node instanceof Inner inner) {
            int child = Search.lowerBound(inner.firsts, 1, inner.firsts.length, objects) - 1;
            rank += inner.start(child);
            node = inner.children[child];
        }
        Object[] elements = ((Leaf) node).elements;
        return rank + Search.lowerBound(elements, 0, elements.length, objects);
    }

    /** The element of the set that is equal to the one given, or null if there is none. */
    @SuppressWarnings("unchecked")
    public E get(E equal) {
        Objects.requireNonNull(equal, "element");
        Comparator<Object> objects = objectOrder();
        Node node = root;
        while (node instanceof Inner inner) {
            int found = Search.binary(inner.firsts, 1, inner.firsts.length, equal, objects);
            if (found >= 0) {
                return (E) inner.firsts[found];
            }
            node = inner.children[~found - 1];
        }
        Object[] elements = ((Leaf) node).elements;
        int found = Search.binary(elements, 0, elements.length, equal, objects);
        return found >= 0 ? (E) elements[found] : null;
    }

    /** Whether the set has an element equal to the one given. */
    public boolean contains(E element) {
        return get(element) != null;
    }

    /**
     * Whether the set has every element of the other.
     *
     * @throws IllegalArgumentException if the other set has another order
     */
    public boolean containsAll(ChunkedSortedSet<E> other) {
        requireSameOrder(other);
        return other.size() <= size() && other.unmatched(this, false).length == 0;
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
        Objects.requireNonNull(element, "element");
        Comparator<Object> objects = objectOrder();
        int rank = 0;
        Node node = root;
        while (node instanceof Inner inner) {
            int found = Search.binary(inner.firsts, 1, inner.firsts.length, element, objects);
            if (found >= 0) {
                return rank + inner.start(found);
            }
            int child = ~found - 1;
            rank += inner.start(child);
            node = inner.children[child];
        }
        Object[] elements = ((Leaf) node).elements;
        int found = Search.binary(elements, 0, elements.length, element, objects);
        return rank + (found >= 0 ? found : ~found);
    }

    /**
     * The element that has {@code index} elements before it.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 <= index < size()}
     */
    @SuppressWarnings("unchecked")
    public E select(int index) {
        int left = Objects.checkIndex(index, size());
        Node node = root;
        while (node instanceof Inner inner) {
            int child = inner.childHolding(left);
            left -= inner.start(child);
            node = inner.children[child];
        }
        return (E) ((Leaf) node).elements[left];
    }

    /**
     * The least element.
     *
     * @throws NoSuchElementException if the set is empty
     */
    @SuppressWarnings("unchecked")
    public E first() {
        if (isEmpty()) {
            throw new NoSuchElementException("the set is empty");
        }
        return (E) root.first();
    }

    /**
     * The greatest element.
     *
     * @throws NoSuchElementException if the set is empty
     */
    public E last() {
        if (isEmpty()) {
            throw new NoSuchElementException("the set is empty");
        }
        return select(size() - 1);
    }

    /**
     * The elements not less than {@code least} and less than {@code bound}, as a set that shares its chunks with this
     * one, but for those that it cuts.
     *
     * @throws IllegalArgumentException if {@code least} is greater than {@code bound}
     */
    public ChunkedSortedSet<E> range(E least, E bound) {
        Objects.requireNonNull(least, "element");
        Objects.requireNonNull(bound, "element");
        if (order.compare(least, bound) > 0) {
            throw new IllegalArgumentException("the range ends before it begins");
        }
        return slice(rank(least), rank(bound));
    }

    /** The elements less than {@code bound}; shares chunks as {@link #range} does. */
    public ChunkedSortedSet<E> head(E bound) {
        return slice(0, rank(bound));
    }

    /** The elements not less than {@code least}; shares chunks as {@link #range} does. */
    public ChunkedSortedSet<E> tail(E least) {
        return slice(rank(least), size());
    }

    /**
     * The elements of rank {@code fromRank} (inclusive) to {@code toRank} (exclusive); shares chunks as {@link #range}
     * does.
     *
     * @return this very set if that is all of it
     * @throws IndexOutOfBoundsException unless {@code 0 <= fromRank <= toRank <= size()}
     */
    public ChunkedSortedSet<E> slice(int fromRank, int toRank) {
        Objects.checkFromToIndex(fromRank, toRank, size());
        return derive(new Slice(shape).of(root, fromRank, toRank));
    }

    /**
     * A cursor before the elements of rank {@code fromRank} (inclusive) to {@code toRank} (exclusive), in ascending
     * order.
     *
     * @throws IndexOutOfBoundsException unless {@code 0 <= fromRank <= toRank <= size()}
     */
    public Cursor<E> cursor(int fromRank, int toRank) {
        Objects.checkFromToIndex(fromRank, toRank, size());
        return new Cursor<>(root, fromRank, toRank);
    }

    /** All elements in ascending order; {@code remove} is not supported. */
    @Override
    public Iterator<E> iterator() {
        Cursor<E> cursor = cursor(0, size());
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return cursor.hasNext();
            }

            @Override
            public E next() {
                if (!cursor.advance()) {
                    throw new NoSuchElementException("no element after the last");
                }
                return cursor.element();
            }
        };
    }

    /** All elements in descending order; {@code remove} is not supported. */
    public Iterator<E> descendingIterator() {
        return new DescendingIterator<>(root);
    }

    /** A spliterator over all elements that is sized, sorted, distinct and immutable, and splits into halves. */
    @Override
    public Spliterator<E> spliterator() {
        return new RankSpliterator<>(this, 0, size());
    }

    /** All elements in ascending order, as a sequential stream. */
    public Stream<E> stream() {
        return StreamSupport.stream(spliterator(), false);
    }

    @Override
    public void forEach(Consumer<? super E> action) {
        forEach(root, Objects.requireNonNull(action, "action"));
    }

    @SuppressWarnings("unchecked")
    private static <E> void forEach(Node node, Consumer<? super E> action) {
        if (node instanceof Inner inner) {
            for (Node child : inner.children) {
                forEach(child, action);
            }
        } else {
            for (Object element : ((Leaf) node).elements) {
                action.accept((E) element);
            }
        }
    }

    /**
     * This set with the element, which takes the place of an equal one.
     *
     * @return this very set if it has that very element already
     */
    public ChunkedSortedSet<E> with(E element) {
        Object[] batch = {Objects.requireNonNull(element, "element")};
        return derive(Merge.update(root, shape, objectOrder(), batch, null, 1));
    }

    /**
     * This set without the element equal to the one given.
     *
     * @return this very set if it has no such element
     */
    public ChunkedSortedSet<E> without(E element) {
        Object[] batch = {Objects.requireNonNull(element, "element")};
        return derive(Merge.remove(root, shape, objectOrder(), batch, 1));
    }

    /**
     * This set with the element, unless it has an equal one, which then stays.
     *
     * @return this very set if it has an equal one
     */
    public ChunkedSortedSet<E> insert(E element) {
        Object[] batch = {Objects.requireNonNull(element, "element")};
        return derive(Merge.insert(root, shape, objectOrder(), batch, 1));
    }

    /**
     * This set with all of these elements that it has no equals of, by one merge. They come in any order and may repeat.
     *
     * @return this very set if it has equals of them all
     */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final ChunkedSortedSet<E> insert(E... added) {
        return insertUnsorted(Arrays.copyOf(added, added.length, Object[].class));
    }

    /** As {@link #insert(Object[])}, with the elements of a collection. */
    public ChunkedSortedSet<E> insertAll(Collection<? extends E> added) {
        return insertUnsorted(Arrays.copyOf(added.toArray(), added.size(), Object[].class));
    }

    /**
     * This set without the element equal to the one given.
     *
     * @return this very set if it has no such element
     */
    public ChunkedSortedSet<E> delete(E element) {
        return without(element);
    }

    /**
     * This set without the elements that are equal to any of these, by one merge. They come in any order and may repeat.
     *
     * @return this very set if it has none of them
     */
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final ChunkedSortedSet<E> delete(E... removed) {
        return deleteUnsorted(Arrays.copyOf(removed, removed.length, Object[].class));
    }

    /** As {@link #delete(Object[])}, with the elements of a collection. */
    public ChunkedSortedSet<E> deleteAll(Collection<? extends E> removed) {
        return deleteUnsorted(Arrays.copyOf(removed.toArray(), removed.size(), Object[].class));
    }

    /**
     * This set with a batch of changes, by one merge. The arrays are neither modified nor kept.
     *
     * @param elements the elements to be changed, the first {@code count} of them strictly ascending
     * @param remove where true, the element equal to the one at the same index is removed if there is one; where false,
     *     the element is inserted, or takes the place of the equal one. Null is as good as all false.
     * @param count how many elements of the arrays to heed
     * @return this very set if nothing changes
     * @throws IllegalArgumentException if the elements are not strictly ascending
     * @throws IndexOutOfBoundsException if {@code count} is negative or more than the length of an array
     */
    public ChunkedSortedSet<E> update(E[] elements, boolean[] remove, int count) {
        Objects.checkFromIndexSize(0, count, elements.length);
        if (remove != null) {
            Objects.checkFromIndexSize(0, count, remove.length);
        }
        for (int i = 0; i < count; i++) {
            Objects.requireNonNull(elements[i], "element");
            if (i > 0 && order.compare(elements[i - 1], elements[i]) >= 0) {
                throw new IllegalArgumentException("element " + i + " is not greater than the one before it");
            }
        }
        return derive(Merge.update(root, shape, objectOrder(), elements, remove, count));
    }

    /**
     * The set of the elements that are in this set or the other. Of two equal elements it has the one of this set.
     *
     * @return this very set if it has all elements of the other
     * @throws IllegalArgumentException if the other set has another order
     */
    public ChunkedSortedSet<E> union(ChunkedSortedSet<E> other) {
        requireSameOrder(other);
        if (isEmpty() && !other.isEmpty()) {
            return other;
        }
        if (other.size() <= size()) {
            Object[] added = other.unmatched(this, false);
            return derive(Merge.update(root, shape, objectOrder(), added, null, added.length));
        }
        Object[] addedOrReplaced = unmatched(other, true);
        return other.derive(
                Merge.update(other.root, other.shape, objectOrder(), addedOrReplaced, null, addedOrReplaced.length));
    }

    /**
     * The set of the elements of this set that are not in the other.
     *
     * @return this very set if they have no element in common
     * @throws IllegalArgumentException if the other set has another order
     */
    public ChunkedSortedSet<E> difference(ChunkedSortedSet<E> other) {
        requireSameOrder(other);
        if (other.isFarSmallerThan(this)) {
            return derive(Merge.remove(root, shape, objectOrder(), other.toArray(), other.size()));
        }
        Object[] kept = unmatched(other, false);
        return derive(Merge.retain(root, shape, objectOrder(), kept, kept.length));
    }

    /**
     * The set of the elements of this set that are also in the other.
     *
     * @return this very set if the other has all of its elements
     * @throws IllegalArgumentException if the other set has another order
     */
    public ChunkedSortedSet<E> intersection(ChunkedSortedSet<E> other) {
        requireSameOrder(other);
        if (other.isFarSmallerThan(this)) {
            return derive(Merge.retain(root, shape, objectOrder(), other.toArray(), other.size()));
        }
        Object[] dropped = unmatched(other, false);
        return derive(Merge.remove(root, shape, objectOrder(), dropped, dropped.length));
    }

    /**
     * The set of the elements that are in this set or the other but not in both.
     *
     * @return this very set if the other is empty
     * @throws IllegalArgumentException if the other set has another order
     */
    public ChunkedSortedSet<E> symmetricDifference(ChunkedSortedSet<E> other) {
        requireSameOrder(other);
        if (other.isEmpty() || other.isFarSmallerThan(this)) {
            return derive(Merge.toggle(root, shape, objectOrder(), other.toArray(), other.size()));
        }
        if (isEmpty() || isFarSmallerThan(other)) {
            return other.derive(Merge.toggle(other.root, other.shape, objectOrder(), toArray(), size()));
        }
        Object[] own = unmatched(other, false);
        Object[] others = other.unmatched(this, false);
        Runs runs = new ObjectSides(objectOrder(), own, 0, own.length, others, 0, others.length).combine(Algebra.UNION);
        Object[] merged = runs.copy(own, 0, others, 0);
        return derive(Merge.insert(Leaf.EMPTY, shape, objectOrder(), merged, merged.length));
    }

    /**
     * The set of the elements that are in this set or any of the others, by merges of neighbours in rounds. Of equal
     * elements it has the one of this set, or else of the first of the others.
     *
     * @return this very set if it has all elements of the others
     * @throws IllegalArgumentException if another set has another order
     */
    public ChunkedSortedSet<E> unionAll(Collection<ChunkedSortedSet<E>> others) {
        return UnionAll.of(this, others, ChunkedSortedSet::union);
    }

    /**
     * The elements that only one of the two sets has, this being the first, to be moved over in order: from the first
     * that the probe does not put before its position.
     *
     * @throws IllegalArgumentException if the other set has another order
     */
    public Differences<E> differences(ChunkedSortedSet<E> other, Probe<? super E> from) {
        requireSameOrder(other);
        return new Differences<>(root, lowerBound(from), other.root, other.lowerBound(from), objectOrder());
    }

    /** As {@link #differences(ChunkedSortedSet, Probe)}, from the first element on. */
    public Differences<E> differences(ChunkedSortedSet<E> other) {
        requireSameOrder(other);
        return new Differences<>(root, 0, other.root, 0, objectOrder());
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
        if (!(other instanceof ChunkedSortedSet<?> that) || that.size() != size()) {
            return false;
        }
        if (order.equals(that.order)) {
            return isEmpty() || Lockstep.pairwiseEqual(root, that.root);
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

    /** The sum of the hash codes of the elements. */
    @Override
    public int hashCode() {
        int sum = 0;
        for (E element : this) {
            sum += element.hashCode();
        }
        return sum;
    }

    /** The elements in ascending order, as in {@code [a, b, c]}. */
    @Override
    public String toString() {
        StringJoiner joiner = new StringJoiner(", ", "[", "]");
        for (E element : this) {
            joiner.add(element.toString());
        }
        return joiner.toString();
    }

    Node root() {
        return root;
    }

    Shape shape() {
        return shape;
    }

    private ChunkedSortedSet<E> derive(Node newRoot) {
        return newRoot == root ? this : new ChunkedSortedSet<>(order, shape, newRoot);
    }

    private ChunkedSortedSet<E> insertUnsorted(Object[] own) {
        Object[] ascending = ObjectSort.distinct(own, objectOrder());
        return derive(Merge.insert(root, shape, objectOrder(), ascending, ascending.length));
    }

    private ChunkedSortedSet<E> deleteUnsorted(Object[] own) {
        Object[] ascending = ObjectSort.distinct(own, objectOrder());
        return derive(Merge.remove(root, shape, objectOrder(), ascending, ascending.length));
    }

    private void requireSameOrder(ChunkedSortedSet<E> other) {
        if (!order.equals(other.order)) {
            throw new IllegalArgumentException("the sets are in different orders");
        }
    }

    /** Whether looking each element up in the other set is cheaper than reading all of the other set. */
    private boolean isFarSmallerThan(ChunkedSortedSet<E> other) {
        return size() < other.size() / 16;
    }

    /**
     * The elements of this set without an equal in the other, which costs the less the more chunks the two share.
     *
     * @param identical whether only the very same element counts as equal
     */
    private Object[] unmatched(ChunkedSortedSet<E> other, boolean identical) {
        if (isEmpty() || other.isEmpty()) {
            return toArray();
        }
        if (!isFarSmallerThan(other)) {
            return Lockstep.unmatched(root, other.root, objectOrder(), identical);
        }
        Object[] unmatched = new Object[size()];
        int count = 0;
        for (E element : this) {
            E equal = other.get(element);
            if (identical ? equal != element : equal == null) {
                unmatched[count++] = element;
            }
        }
        return Arrays.copyOf(unmatched, count);
    }

    private Object[] toArray() {
        Object[] array = new Object[size()];
        copy(root, array, 0);
        return array;
    }

    private static void copy(Node node, Object[] target, int offset) {
        if (node instanceof Inner inner) {
            for (int i = 0; i < inner.children.length; i++) {
                copy(inner.children[i], target, offset + inner.start(i));
            }
        } else {
            Object[] elements = ((Leaf) node).elements;
            System.arraycopy(elements, 0, target, offset, elements.length);
        }
    }

    @SuppressWarnings("unchecked")
    private Comparator<Object> objectOrder() {
        return (Comparator<Object>) order;
    }

    /**
     * Moves forward over a range of a set. It starts before the first element.
     *
     * @param <E> the type of the elements
     */
    public static final class Cursor<E> {
        private LeafWalk walk;
        private Object[] leaf;
        private int next;
        private int end;
        private int afterLeaf;
        private E current;

        private Cursor(Node root, int fromRank, int toRank) {
            if (fromRank < toRank) {
                walk = new LeafWalk(root, fromRank);
                enter(walk.startOffset(), toRank - fromRank);
            }
        }

        /** Moves to the next element. Returns false, and goes on doing so, when there is none. */
        @SuppressWarnings("unchecked")
        public boolean advance() {
            if (next == end) {
                if (afterLeaf == 0) {
                    walk = null;
                    leaf = null;
                    current = null;
                    return false;
                }
                walk.next();
                enter(0, afterLeaf);
            }
            current = (E) leaf[next++];
            return true;
        }

        /**
         * The element moved to last.
         *
         * @throws NoSuchElementException if the cursor is before the first element or after the last
         */
        public E element() {
            if (current == null) {
                throw new NoSuchElementException("the cursor is at no element");
            }
            return current;
        }

        private void enter(int offset, int left) {
            leaf = walk.elements();
            next = offset;
            end = (int) Math.min(leaf.length, (long) offset + left);
            afterLeaf = left - (end - offset);
        }

        private boolean hasNext() {
            return next < end || afterLeaf > 0;
        }
    }

    /**
     * Gathers elements that arrive in ascending order into a set with full chunks. For one thread, and one set.
     *
     * @param <E> the type of the elements
     */
    public static final class Builder<E> {
        private final Comparator<? super E> order;
        private final Shape shape;
        private final int leafMin;
        /** Holds enough, besides one full leaf, for the leaf after it never to be too narrow. */
        private Object[] pending;

        private int pendingCount;
        private Row leaves;
        private E last;

        private Builder(Comparator<? super E> order, Shape shape) {
            this.order = order;
            this.shape = shape;
            leafMin = shape.leafMax() / 2;
            pending = new Object[shape.leafMax() + leafMin];
            leaves = new Row(shape, 16);
        }

        /**
         * Adds an element greater than all before it.
         *
         * @throws IllegalArgumentException if it is not greater than the one before it; the builder is as it was before
         * @throws IllegalStateException if the set has been built
         */
        public Builder<E> add(E element) {
            requireNotBuilt();
            Objects.requireNonNull(element, "element");
            if (last != null && order.compare(last, element) >= 0) {
                throw new IllegalArgumentException("an element is not greater than the one before it");
            }
            if (pendingCount == pending.length) {
                int full = shape.leafMax();
                leaves.add(new Leaf(Arrays.copyOf(pending, full)));
                System.arraycopy(pending, full, pending, 0, leafMin);
                pendingCount = leafMin;
            }
            pending[pendingCount++] = element;
            last = element;
            return this;
        }

        /**
         * The set of all elements added.
         *
         * @throws IllegalStateException if it has been built before
         */
        public ChunkedSortedSet<E> build() {
            requireNotBuilt();
            int from = 0;
            if (pendingCount > 0) {
                for (int length : Shape.cut(pendingCount, shape.leafMax(), true)) {
                    leaves.add(new Leaf(Arrays.copyOfRange(pending, from, from + length)));
                    from += length;
                }
            }
            Node root = new Balancer(shape).stack(leaves);
            pending = null;
            leaves = null;
            return new ChunkedSortedSet<>(order, shape, root);
        }

        private void requireNotBuilt() {
            if (pending == null) {
                throw new IllegalStateException("the set has been built");
            }
        }
    }
}
