package io.meshkeep.setcore;

import static java.util.Comparator.naturalOrder;
import static java.util.Comparator.reverseOrder;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.Spliterator;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What {@link ImmSortedSet} promises besides what {@link SortedSetContractTest} covers. */
class ImmSortedSetTest {
    private static final ImmSortedSet<String> LETTERS = ImmSortedSet.of("d", "b", "f");

    @Test
    void nullIsRefusedByName() {
        ImmSortedSet<String> empty = ImmSortedSet.empty();
        assertThatNullPointerException()
                .isThrownBy(() -> ImmSortedSet.of("a", null))
                .withMessageContaining("null is no element");
        assertThatNullPointerException().isThrownBy(() -> LETTERS.insert((String) null));
        assertThatNullPointerException().isThrownBy(() -> LETTERS.insert("a", null));
        assertThatNullPointerException().isThrownBy(() -> empty.insert((String) null));
        assertThatNullPointerException().isThrownBy(() -> LETTERS.delete((String) null));
        assertThatNullPointerException().isThrownBy(() -> LETTERS.deleteAll(Arrays.asList("a", null)));
        assertThatNullPointerException().isThrownBy(() -> LETTERS.contains(null));
        assertThatNullPointerException().isThrownBy(() -> LETTERS.rank(null));
        assertThatNullPointerException().isThrownBy(() -> LETTERS.range(null, "a"));
        assertThatNullPointerException().isThrownBy(() -> LETTERS.union(null));
        assertThatNullPointerException().isThrownBy(() -> ImmSortedSet.empty(null));
        assertThatNullPointerException()
                .isThrownBy(() -> ImmSortedSet.ofSorted(naturalOrder(), Arrays.asList("a", null)));
        assertThatNullPointerException()
                .isThrownBy(() -> ImmSortedSet.<String>builder().add(null));
    }

    @Test
    void setsOfAnotherOrderAreRefused() {
        ImmSortedSet<String> reverse = ImmSortedSet.of(reverseOrder(), "a");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LETTERS.union(reverse))
                .withMessage("the sets are in different orders");
        assertThatIllegalArgumentException().isThrownBy(() -> LETTERS.difference(reverse));
        assertThatIllegalArgumentException().isThrownBy(() -> LETTERS.intersection(reverse));
        assertThatIllegalArgumentException().isThrownBy(() -> LETTERS.symmetricDifference(reverse));
        assertThatIllegalArgumentException().isThrownBy(() -> LETTERS.containsAll(reverse));
        assertThatIllegalArgumentException().isThrownBy(() -> LETTERS.unionAll(List.of(LETTERS, reverse)));
    }

    @Test
    void elementsThatCannotBeComparedAreRefusedFromTheFirstOn() {
        @SuppressWarnings("unchecked")
        ImmSortedSet<Object> set = ImmSortedSet.empty((Comparator<Object>) (Comparator<?>) naturalOrder());
        assertThatExceptionOfType(ClassCastException.class).isThrownBy(() -> set.insert(new Object()));
        assertThatExceptionOfType(ClassCastException.class).isThrownBy(() -> set.insertAll(List.of(new Object())));
    }

    @Test
    void theCallersArraysStayAsTheyAre() {
        Integer[] unsorted = new Random(1).ints(1000, 0, 500).boxed().toArray(Integer[]::new);
        Integer[] before = unsorted.clone();
        ImmSortedSet<Integer> set = ImmSortedSet.of(unsorted);
        set.insert(unsorted);
        set.delete(unsorted);
        ImmSortedSet.<Integer>empty(reverseOrder()).insertAll(Arrays.asList(unsorted));
        assertThat(unsorted).containsExactly(before);
        Integer last = set.last();
        Object[] given = set.toArray();
        given[given.length - 1] = null;
        Arrays.fill(unsorted, -1);
        assertThat(set.last()).isEqualTo(last);
        assertThat(set.first()).isNotNegative();
    }

    @Test
    void ofEqualElementsTheOneThatWasThereFirstStays() {
        for (int count : new int[] {2, 10, 100, 5000}) {
            // Beyond the small numbers, every box is an object of its own.
            Long[] own = IntStream.range(0, count).mapToObj(i -> 1000L + 3 * i).toArray(Long[]::new);
            Long[] equal =
                    IntStream.range(0, count).mapToObj(i -> 1000L + 3 * i).toArray(Long[]::new);
            ImmSortedSet<Long> set = ImmSortedSet.of(own);
            ImmSortedSet<Long> other = ImmSortedSet.of(equal).insert(5L);
            for (int i = 0; i < count; i++) {
                assertThat(set.union(other).get(own[i])).isSameAs(own[i]);
                assertThat(set.intersection(other).get(own[i])).isSameAs(own[i]);
                if (count > 100) {
                    i += 500;
                }
            }
            assertThat(set.insert(equal)).isSameAs(set);
            Long[] both = Arrays.copyOf(own, 2 * count);
            for (int i = 0; i < count; i++) {
                both[2 * count - 1 - i] = equal[i];
            }
            assertThat(ImmSortedSet.of(both).first()).isSameAs(own[0]);
            assertThat(ImmSortedSet.of(both)).isEqualTo(set);
        }
    }

    @Test
    void sortedInputMustAscendStrictly() {
        assertThatIllegalArgumentException().isThrownBy(() -> ImmSortedSet.ofSorted(naturalOrder(), List.of("a", "a")));
        assertThatIllegalArgumentException().isThrownBy(() -> ImmSortedSet.ofSorted(naturalOrder(), List.of("b", "a")));
    }

    @Test
    void emptySetHasNothing() {
        ImmSortedSet<String> empty = ImmSortedSet.empty();
        assertThat(empty).isEmpty();
        assertThat(empty.get("a")).isNull();
        assertThat(empty).hasToString("[]");
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(empty::first);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(empty::last);
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> empty.select(0));
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(empty.iterator()::next);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(empty.descendingIterator()::next);
    }

    @Test
    void rangesIncludeTheirEndsAsAsked() {
        assertThat(LETTERS.range("b", true, "f", true)).containsExactly("b", "d", "f");
        assertThat(LETTERS.range("b", false, "f", false)).containsExactly("d");
        assertThat(LETTERS.range("a", false, "d", true)).containsExactly("b", "d");
        assertThat(LETTERS.range("c", false, "c", false)).isEmpty();
        assertThat(LETTERS.range("d", false, "d", false)).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> LETTERS.range("c", "b"));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> LETTERS.slice(2, 4));
    }

    @Test
    void compactGivesUpWhatTheViewDoesNotShow() {
        ImmSortedSet<String> view = LETTERS.tail("c");
        ImmSortedSet<String> compact = view.compact();
        assertThat(compact).isEqualTo(view).isNotSameAs(view);
        assertThat(compact.compact()).isSameAs(compact);
        assertThat(LETTERS.compact()).isSameAs(LETTERS);
    }

    @Test
    @SuppressWarnings("EqualsIncompatibleType")
    void equalityIsThatOfSets() {
        ImmSortedSet<String> reverse = ImmSortedSet.of(reverseOrder(), "b", "d", "f");
        assertThat(LETTERS).isEqualTo(reverse).hasSameHashCodeAs(reverse);
        assertThat(LETTERS).isEqualTo(ImmSortedSet.of("a", "b", "d", "f").tail("b"));
        assertThat(LETTERS.hashCode()).isEqualTo(new TreeSet<>(List.of("b", "d", "f")).hashCode());
        assertThat(LETTERS.equals(ImmSortedSet.of("b", "d", "g"))).isFalse();
        assertThat(LETTERS.equals(ImmSortedSet.of(Comparator.comparing(Object::toString), 1, 2, 3)))
                .isFalse();
        assertThat(LETTERS.equals(List.of("b", "d", "f"))).isFalse();
        assertThat(ImmSortedSet.<String>empty().equals(ImmSortedSet.empty(reverseOrder())))
                .isTrue();
    }

    @Test
    void aFewElementsAreSoughtAmongMany() {
        Counting order = new Counting();
        ImmSortedSet<Integer> large = ImmSortedSet.copyOf(
                order, IntStream.range(0, 100_000).map(i -> 2 * i).boxed().toList());
        ImmSortedSet<Integer> few = ImmSortedSet.of(order, 10, 11, 70_000, 70_003, 199_999);
        assertThat(order.comparisons(() -> large.union(few))).isLessThan(250);
        assertThat(order.comparisons(() -> few.union(large))).isLessThan(250);
        assertThat(order.comparisons(() -> large.difference(few))).isLessThan(250);
        assertThat(order.comparisons(() -> few.difference(large))).isLessThan(250);
        assertThat(order.comparisons(() -> large.intersection(few))).isLessThan(250);
        assertThat(order.comparisons(() -> few.intersection(large))).isLessThan(250);
        assertThat(order.comparisons(() -> large.symmetricDifference(few))).isLessThan(250);
        assertThat(order.comparisons(() -> large.containsAll(few))).isLessThan(250);
    }

    @Test
    void setsOneAfterTheOtherAreJoinedWithoutAMerge() {
        Counting order = new Counting();
        ImmSortedSet<Integer> low =
                ImmSortedSet.copyOf(order, IntStream.range(0, 1000).boxed().toList());
        ImmSortedSet<Integer> high =
                ImmSortedSet.copyOf(order, IntStream.range(1000, 2000).boxed().toList());
        assertThat(order.comparisons(() -> low.union(high))).isLessThan(5);
        assertThat(order.comparisons(() -> high.union(low))).isLessThan(5);
    }

    @Test
    void aBuilderGoesOn() {
        ImmSortedSet.Builder<String> builder =
                ImmSortedSet.<String>builder().add("b").add("a").add("b");
        ImmSortedSet<String> first = builder.build();
        assertThat(builder.addAll(List.of("c", "a")).build()).containsExactly("a", "b", "c");
        assertThat(first).containsExactly("a", "b");
    }

    @Test
    void spliteratorTellsWhatItIs() {
        Spliterator<String> natural = LETTERS.spliterator();
        assertThat(natural.hasCharacteristics(Spliterator.SIZED
                        | Spliterator.SUBSIZED
                        | Spliterator.ORDERED
                        | Spliterator.SORTED
                        | Spliterator.DISTINCT
                        | Spliterator.IMMUTABLE))
                .isTrue();
        assertThat(natural.getComparator()).isNull();
        assertThat(ImmSortedSet.of(reverseOrder(), "a").spliterator().getComparator())
                .isEqualTo(reverseOrder());
        assertThat(natural.getExactSizeIfKnown()).isEqualTo(3);
        assertThat(LETTERS.stream().sorted().toList()).containsExactly("b", "d", "f");
    }

    @Test
    void typedArrays() {
        String[] array = LETTERS.toArray(String[]::new);
        assertThat(array).containsExactly("b", "d", "f");
    }

    /** Natural order that counts. */
    private static final class Counting implements Comparator<Integer> {
        private long count;

        @Override
        public int compare(Integer one, Integer other) {
            count++;
            return Integer.compare(one, other);
        }

        long comparisons(Runnable action) {
            long before = count;
            action.run();
            return count - before;
        }
    }
}
