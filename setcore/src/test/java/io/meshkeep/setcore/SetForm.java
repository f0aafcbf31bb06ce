package io.meshkeep.setcore;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * One kind of set under one contract. Tests speak of elements as ints; each form maps them to its own elements so that
 * order is kept.
 *
 * @param <S> the type of the sets
 */
interface SetForm<S> {
    S empty();

    /** Of elements in any order, with repeats. */
    S of(List<Integer> elements);

    /** Of strictly ascending elements. */
    S ofSorted(List<Integer> elements);

    S build(List<Integer> elements);

    S insert(S set, int element);

    S insert(S set, List<Integer> elements);

    S delete(S set, int element);

    S delete(S set, List<Integer> elements);

    S union(S set, S other);

    S unionAll(S set, Collection<S> others);

    S difference(S set, S other);

    S intersection(S set, S other);

    S symmetricDifference(S set, S other);

    boolean containsAll(S set, S other);

    boolean contains(S set, int element);

    int size(S set);

    int rank(S set, int element);

    int select(S set, int index);

    S range(S set, int least, int bound);

    S head(S set, int bound);

    S tail(S set, int least);

    S slice(S set, int from, int to);

    List<Integer> ascending(S set);

    List<Integer> descending(S set);

    /** By a parallel stream. */
    List<Integer> stream(S set);

    /** The hash code that a set of these elements must have. */
    int hash(Collection<Integer> elements);

    /** Throws if the set is not well formed within. */
    default void check(S set) {}

    /** Objects in the natural order or another. */
    final class Flat<E> implements SetForm<ImmSortedSet<E>> {
        private final String name;
        private final Comparator<? super E> order;
        private final IntFunction<E[]> newArray;
        private final IntFunction<E> encode;
        private final Function<E, Integer> decode;

        Flat(
                String name,
                Comparator<? super E> order,
                IntFunction<E[]> newArray,
                IntFunction<E> encode,
                Function<E, Integer> decode) {
            this.name = name;
            this.order = order;
            this.newArray = newArray;
            this.encode = encode;
            this.decode = decode;
        }

        private E[] array(List<Integer> elements) {
            return elements.stream().map(encode::apply).toArray(newArray);
        }

        @Override
        public ImmSortedSet<E> empty() {
            return ImmSortedSet.empty(order);
        }

        @Override
        public ImmSortedSet<E> of(List<Integer> elements) {
            return ImmSortedSet.of(order, array(elements));
        }

        @Override
        public ImmSortedSet<E> ofSorted(List<Integer> elements) {
            return ImmSortedSet.ofSorted(order, Arrays.asList(array(elements)));
        }

        @Override
        public ImmSortedSet<E> build(List<Integer> elements) {
            return ImmSortedSet.<E>builder(order)
                    .addAll(Arrays.asList(array(elements)))
                    .build();
        }

        @Override
        public ImmSortedSet<E> insert(ImmSortedSet<E> set, int element) {
            return set.insert(encode.apply(element));
        }

        @Override
        public ImmSortedSet<E> insert(ImmSortedSet<E> set, List<Integer> elements) {
            return set.insert(array(elements));
        }

        @Override
        public ImmSortedSet<E> delete(ImmSortedSet<E> set, int element) {
            return set.delete(encode.apply(element));
        }

        @Override
        public ImmSortedSet<E> delete(ImmSortedSet<E> set, List<Integer> elements) {
            return set.delete(array(elements));
        }

        @Override
        public ImmSortedSet<E> union(ImmSortedSet<E> set, ImmSortedSet<E> other) {
            return set.union(other);
        }

        @Override
        public ImmSortedSet<E> unionAll(ImmSortedSet<E> set, Collection<ImmSortedSet<E>> others) {
            return set.unionAll(others);
        }

        @Override
        public ImmSortedSet<E> difference(ImmSortedSet<E> set, ImmSortedSet<E> other) {
            return set.difference(other);
        }

        @Override
        public ImmSortedSet<E> intersection(ImmSortedSet<E> set, ImmSortedSet<E> other) {
            return set.intersection(other);
        }

        @Override
        public ImmSortedSet<E> symmetricDifference(ImmSortedSet<E> set, ImmSortedSet<E> other) {
            return set.symmetricDifference(other);
        }

        @Override
        public boolean containsAll(ImmSortedSet<E> set, ImmSortedSet<E> other) {
            return set.containsAll(other);
        }

        @Override
        public boolean contains(ImmSortedSet<E> set, int element) {
            return set.contains(encode.apply(element));
        }

        @Override
        public int size(ImmSortedSet<E> set) {
            return set.size();
        }

        @Override
        public int rank(ImmSortedSet<E> set, int element) {
            return set.rank(encode.apply(element));
        }

        @Override
        public int select(ImmSortedSet<E> set, int index) {
            return decode.apply(set.select(index));
        }

        @Override
        public ImmSortedSet<E> range(ImmSortedSet<E> set, int least, int bound) {
            return set.range(encode.apply(least), encode.apply(bound));
        }

        @Override
        public ImmSortedSet<E> head(ImmSortedSet<E> set, int bound) {
            return set.head(encode.apply(bound));
        }

        @Override
        public ImmSortedSet<E> tail(ImmSortedSet<E> set, int least) {
            return set.tail(encode.apply(least));
        }

        @Override
        public ImmSortedSet<E> slice(ImmSortedSet<E> set, int from, int to) {
            return set.slice(from, to);
        }

        @Override
        public List<Integer> ascending(ImmSortedSet<E> set) {
            return decode(set.iterator());
        }

        @Override
        public List<Integer> descending(ImmSortedSet<E> set) {
            return decode(set.descendingIterator());
        }

        @Override
        public List<Integer> stream(ImmSortedSet<E> set) {
            return set.stream().parallel().map(decode).toList();
        }

        @Override
        public int hash(Collection<Integer> elements) {
            return elements.stream()
                    .mapToInt(element -> encode.apply(element).hashCode())
                    .sum();
        }

        private List<Integer> decode(Iterator<E> iterator) {
            List<Integer> decoded = new ArrayList<>();
            iterator.forEachRemaining(element -> decoded.add(decode.apply(element)));
            return decoded;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** The form in chunks, of boxed numbers. */
    final class Chunked implements SetForm<ChunkedSortedSet<Integer>> {
        private static final Comparator<Integer> ORDER = Comparator.naturalOrder();
        private final Shape shape;

        Chunked(Shape shape) {
            this.shape = shape;
        }

        @Override
        public ChunkedSortedSet<Integer> empty() {
            return ChunkedSortedSet.empty(ORDER, shape);
        }

        @Override
        public ChunkedSortedSet<Integer> of(List<Integer> elements) {
            return empty().insertAll(elements);
        }

        @Override
        public ChunkedSortedSet<Integer> ofSorted(List<Integer> elements) {
            return build(elements);
        }

        @Override
        public ChunkedSortedSet<Integer> build(List<Integer> elements) {
            ChunkedSortedSet.Builder<Integer> builder = ChunkedSortedSet.builder(ORDER, shape);
            elements.stream().sorted().distinct().forEach(builder::add);
            return builder.build();
        }

        @Override
        public ChunkedSortedSet<Integer> insert(ChunkedSortedSet<Integer> set, int element) {
            return set.insert(element);
        }

        @Override
        public ChunkedSortedSet<Integer> insert(ChunkedSortedSet<Integer> set, List<Integer> elements) {
            return set.insert(elements.toArray(new Integer[0]));
        }

        @Override
        public ChunkedSortedSet<Integer> delete(ChunkedSortedSet<Integer> set, int element) {
            return set.delete(element);
        }

        @Override
        public ChunkedSortedSet<Integer> delete(ChunkedSortedSet<Integer> set, List<Integer> elements) {
            return set.delete(elements.toArray(new Integer[0]));
        }

        @Override
        public ChunkedSortedSet<Integer> union(ChunkedSortedSet<Integer> set, ChunkedSortedSet<Integer> other) {
            return set.union(other);
        }

        @Override
        public ChunkedSortedSet<Integer> unionAll(
                ChunkedSortedSet<Integer> set, Collection<ChunkedSortedSet<Integer>> others) {
            return set.unionAll(others);
        }

        @Override
        public ChunkedSortedSet<Integer> difference(ChunkedSortedSet<Integer> set, ChunkedSortedSet<Integer> other) {
            return set.difference(other);
        }

        @Override
        public ChunkedSortedSet<Integer> intersection(ChunkedSortedSet<Integer> set, ChunkedSortedSet<Integer> other) {
            return set.intersection(other);
        }

        @Override
        public ChunkedSortedSet<Integer> symmetricDifference(
                ChunkedSortedSet<Integer> set, ChunkedSortedSet<Integer> other) {
            return set.symmetricDifference(other);
        }

        @Override
        public boolean containsAll(ChunkedSortedSet<Integer> set, ChunkedSortedSet<Integer> other) {
            return set.containsAll(other);
        }

        @Override
        public boolean contains(ChunkedSortedSet<Integer> set, int element) {
            return set.contains(element);
        }

        @Override
        public int size(ChunkedSortedSet<Integer> set) {
            return set.size();
        }

        @Override
        public int rank(ChunkedSortedSet<Integer> set, int element) {
            return set.rank(element);
        }

        @Override
        public int select(ChunkedSortedSet<Integer> set, int index) {
            return set.select(index);
        }

        @Override
        public ChunkedSortedSet<Integer> range(ChunkedSortedSet<Integer> set, int least, int bound) {
            return set.range(least, bound);
        }

        @Override
        public ChunkedSortedSet<Integer> head(ChunkedSortedSet<Integer> set, int bound) {
            return set.head(bound);
        }

        @Override
        public ChunkedSortedSet<Integer> tail(ChunkedSortedSet<Integer> set, int least) {
            return set.tail(least);
        }

        @Override
        public ChunkedSortedSet<Integer> slice(ChunkedSortedSet<Integer> set, int from, int to) {
            return set.slice(from, to);
        }

        @Override
        public List<Integer> ascending(ChunkedSortedSet<Integer> set) {
            List<Integer> elements = new ArrayList<>();
            set.iterator().forEachRemaining(elements::add);
            return elements;
        }

        @Override
        public List<Integer> descending(ChunkedSortedSet<Integer> set) {
            List<Integer> elements = new ArrayList<>();
            set.descendingIterator().forEachRemaining(elements::add);
            return elements;
        }

        @Override
        public List<Integer> stream(ChunkedSortedSet<Integer> set) {
            return set.stream().parallel().toList();
        }

        @Override
        public int hash(Collection<Integer> elements) {
            return elements.stream().mapToInt(Integer::intValue).sum();
        }

        @Override
        public void check(ChunkedSortedSet<Integer> set) {
            Invariants.check(set);
        }

        @Override
        public String toString() {
            return "chunks of " + shape.leafMax();
        }
    }

    /** Numbers, which may lie densely, far apart, or so far apart that their differences do not fit. */
    enum Longs implements SetForm<ImmSortedLongSet> {
        DENSE {
            @Override
            long encode(int element) {
                return element - 50L;
            }

            @Override
            int decode(long number) {
                return (int) (number + 50);
            }
        },
        SPARSE {
            @Override
            long encode(int element) {
                return element * 1_000_003L;
            }

            @Override
            int decode(long number) {
                return (int) (number / 1_000_003);
            }
        },
        /** The first elements lie near the least number, the others near the greatest. */
        EXTREME {
            @Override
            long encode(int element) {
                return element < 30 ? Long.MIN_VALUE + element + 10 : Long.MAX_VALUE - 1_000_000 + element;
            }

            @Override
            int decode(long number) {
                return (int) (number < 0 ? number - Long.MIN_VALUE - 10 : number - Long.MAX_VALUE + 1_000_000);
            }
        };

        abstract long encode(int element);

        abstract int decode(long number);

        private long[] array(List<Integer> elements) {
            return elements.stream().mapToLong(this::encode).toArray();
        }

        @Override
        public ImmSortedLongSet empty() {
            return ImmSortedLongSet.empty();
        }

        @Override
        public ImmSortedLongSet of(List<Integer> elements) {
            return ImmSortedLongSet.of(array(elements));
        }

        @Override
        public ImmSortedLongSet ofSorted(List<Integer> elements) {
            return ImmSortedLongSet.ofSorted(array(elements));
        }

        @Override
        public ImmSortedLongSet build(List<Integer> elements) {
            ImmSortedLongSet.Builder builder = ImmSortedLongSet.builder();
            elements.forEach(element -> builder.add(encode(element)));
            return builder.build();
        }

        @Override
        public ImmSortedLongSet insert(ImmSortedLongSet set, int element) {
            return set.insert(encode(element));
        }

        @Override
        public ImmSortedLongSet insert(ImmSortedLongSet set, List<Integer> elements) {
            return set.insert(array(elements));
        }

        @Override
        public ImmSortedLongSet delete(ImmSortedLongSet set, int element) {
            return set.delete(encode(element));
        }

        @Override
        public ImmSortedLongSet delete(ImmSortedLongSet set, List<Integer> elements) {
            return set.delete(array(elements));
        }

        @Override
        public ImmSortedLongSet union(ImmSortedLongSet set, ImmSortedLongSet other) {
            return set.union(other);
        }

        @Override
        public ImmSortedLongSet unionAll(ImmSortedLongSet set, Collection<ImmSortedLongSet> others) {
            return set.unionAll(others);
        }

        @Override
        public ImmSortedLongSet difference(ImmSortedLongSet set, ImmSortedLongSet other) {
            return set.difference(other);
        }

        @Override
        public ImmSortedLongSet intersection(ImmSortedLongSet set, ImmSortedLongSet other) {
            return set.intersection(other);
        }

        @Override
        public ImmSortedLongSet symmetricDifference(ImmSortedLongSet set, ImmSortedLongSet other) {
            return set.symmetricDifference(other);
        }

        @Override
        public boolean containsAll(ImmSortedLongSet set, ImmSortedLongSet other) {
            return set.containsAll(other);
        }

        @Override
        public boolean contains(ImmSortedLongSet set, int element) {
            return set.contains(encode(element));
        }

        @Override
        public int size(ImmSortedLongSet set) {
            return set.size();
        }

        @Override
        public int rank(ImmSortedLongSet set, int element) {
            return set.rank(encode(element));
        }

        @Override
        public int select(ImmSortedLongSet set, int index) {
            return decode(set.select(index));
        }

        @Override
        public ImmSortedLongSet range(ImmSortedLongSet set, int least, int bound) {
            return set.range(encode(least), encode(bound));
        }

        @Override
        public ImmSortedLongSet head(ImmSortedLongSet set, int bound) {
            return set.head(encode(bound));
        }

        @Override
        public ImmSortedLongSet tail(ImmSortedLongSet set, int least) {
            return set.tail(encode(least));
        }

        @Override
        public ImmSortedLongSet slice(ImmSortedLongSet set, int from, int to) {
            return set.slice(from, to);
        }

        @Override
        public List<Integer> ascending(ImmSortedLongSet set) {
            List<Integer> elements = new ArrayList<>();
            set.iterator().forEachRemaining((long number) -> elements.add(decode(number)));
            return elements;
        }

        @Override
        public List<Integer> descending(ImmSortedLongSet set) {
            List<Integer> elements = new ArrayList<>();
            set.descendingIterator().forEachRemaining((long number) -> elements.add(decode(number)));
            return elements;
        }

        @Override
        public List<Integer> stream(ImmSortedLongSet set) {
            return set.stream().parallel().mapToObj(this::decode).toList();
        }

        @Override
        public int hash(Collection<Integer> elements) {
            return elements.stream()
                    .mapToInt(element -> Long.hashCode(encode(element)))
                    .sum();
        }
    }

    /** Byte strings of four bytes and of up to three more, beginning with bytes of either sign. */
    enum Bytes implements SetForm<ImmSortedBytesSet> {
        BYTES;

        private static byte[] encode(int element) {
            int length = 4 + (element & 3);
            ByteBuffer string = ByteBuffer.allocate(length);
            string.putInt(element * 100_003);
            return string.array();
        }

        private static int decode(byte[] string) {
            return (int) ((ByteBuffer.wrap(string).getInt() & 0xffff_ffffL) / 100_003);
        }

        private static byte[][] array(List<Integer> elements) {
            return elements.stream().map(Bytes::encode).toArray(byte[][]::new);
        }

        @Override
        public ImmSortedBytesSet empty() {
            return ImmSortedBytesSet.empty();
        }

        @Override
        public ImmSortedBytesSet of(List<Integer> elements) {
            return ImmSortedBytesSet.of(array(elements));
        }

        @Override
        public ImmSortedBytesSet ofSorted(List<Integer> elements) {
            return ImmSortedBytesSet.ofSorted(Arrays.asList(array(elements)));
        }

        @Override
        public ImmSortedBytesSet build(List<Integer> elements) {
            ImmSortedBytesSet.Builder builder = ImmSortedBytesSet.builder();
            elements.forEach(element -> builder.add(encode(element)));
            return builder.build();
        }

        @Override
        public ImmSortedBytesSet insert(ImmSortedBytesSet set, int element) {
            return set.insert(encode(element));
        }

        @Override
        public ImmSortedBytesSet insert(ImmSortedBytesSet set, List<Integer> elements) {
            return set.insert(array(elements));
        }

        @Override
        public ImmSortedBytesSet delete(ImmSortedBytesSet set, int element) {
            return set.delete(encode(element));
        }

        @Override
        public ImmSortedBytesSet delete(ImmSortedBytesSet set, List<Integer> elements) {
            return set.delete(array(elements));
        }

        @Override
        public ImmSortedBytesSet union(ImmSortedBytesSet set, ImmSortedBytesSet other) {
            return set.union(other);
        }

        @Override
        public ImmSortedBytesSet unionAll(ImmSortedBytesSet set, Collection<ImmSortedBytesSet> others) {
            return set.unionAll(others);
        }

        @Override
        public ImmSortedBytesSet difference(ImmSortedBytesSet set, ImmSortedBytesSet other) {
            return set.difference(other);
        }

        @Override
        public ImmSortedBytesSet intersection(ImmSortedBytesSet set, ImmSortedBytesSet other) {
            return set.intersection(other);
        }

        @Override
        public ImmSortedBytesSet symmetricDifference(ImmSortedBytesSet set, ImmSortedBytesSet other) {
            return set.symmetricDifference(other);
        }

        @Override
        public boolean containsAll(ImmSortedBytesSet set, ImmSortedBytesSet other) {
            return set.containsAll(other);
        }

        @Override
        public boolean contains(ImmSortedBytesSet set, int element) {
            return set.contains(encode(element));
        }

        @Override
        public int size(ImmSortedBytesSet set) {
            return set.size();
        }

        @Override
        public int rank(ImmSortedBytesSet set, int element) {
            return set.rank(encode(element));
        }

        @Override
        public int select(ImmSortedBytesSet set, int index) {
            return decode(set.select(index));
        }

        @Override
        public ImmSortedBytesSet range(ImmSortedBytesSet set, int least, int bound) {
            return set.range(encode(least), encode(bound));
        }

        @Override
        public ImmSortedBytesSet head(ImmSortedBytesSet set, int bound) {
            return set.head(encode(bound));
        }

        @Override
        public ImmSortedBytesSet tail(ImmSortedBytesSet set, int least) {
            return set.tail(encode(least));
        }

        @Override
        public ImmSortedBytesSet slice(ImmSortedBytesSet set, int from, int to) {
            return set.slice(from, to);
        }

        @Override
        public List<Integer> ascending(ImmSortedBytesSet set) {
            List<Integer> elements = new ArrayList<>();
            set.iterator().forEachRemaining(string -> elements.add(decode(string)));
            return elements;
        }

        @Override
        public List<Integer> descending(ImmSortedBytesSet set) {
            List<Integer> elements = new ArrayList<>();
            set.descendingIterator().forEachRemaining(string -> elements.add(decode(string)));
            return elements;
        }

        @Override
        public List<Integer> stream(ImmSortedBytesSet set) {
            return set.stream().parallel().map(Bytes::decode).toList();
        }

        @Override
        public int hash(Collection<Integer> elements) {
            return elements.stream()
                    .mapToInt(element -> Arrays.hashCode(encode(element)))
                    .sum();
        }
    }

    static Stream<SetForm<?>> all() {
        return Stream.of(
                new Flat<Integer>("boxed numbers", Comparator.naturalOrder(), Integer[]::new, Integer::valueOf, e -> e),
                new Flat<Long>(
                        "boxed numbers far apart",
                        Comparator.naturalOrder(),
                        Long[]::new,
                        e -> e * 10_000_000_019L,
                        e -> (int) (e / 10_000_000_019L)),
                new Flat<String>(
                        "strings", Comparator.naturalOrder(), String[]::new, "%06d"::formatted, Integer::valueOf),
                new Flat<Integer>("by comparator", Comparator.reverseOrder(), Integer[]::new, e -> -e, e -> -e),
                Longs.DENSE,
                Longs.SPARSE,
                Longs.EXTREME,
                Bytes.BYTES,
                new Chunked(new Shape(4, 4)),
                new Chunked(Shape.STANDARD));
    }
}
