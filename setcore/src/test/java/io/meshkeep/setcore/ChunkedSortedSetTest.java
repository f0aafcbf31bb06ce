package io.meshkeep.setcore;

import static java.util.Comparator.naturalOrder;
import static java.util.Comparator.reverseOrder;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the methods promise one by one, besides what {@link ChunkedSortedSetPropertyTest} covers. */
class ChunkedSortedSetTest {
    private static final Comparator<String> ORDER = naturalOrder();
    private static final ChunkedSortedSet<String> EMPTY = ChunkedSortedSet.empty(ORDER);
    private static final ChunkedSortedSet<String> LETTERS = ChunkedSortedSet.ofSorted(ORDER, List.of("b", "d", "f"));

    @Test
    void emptySetHasNothing() {
        assertThat(EMPTY.size()).isZero();
        assertThat(EMPTY.isEmpty()).isTrue();
        assertThat(EMPTY.iterator().hasNext()).isFalse();
        assertThat(EMPTY.descendingIterator().hasNext()).isFalse();
        assertThat(EMPTY.cursor(0, 0).advance()).isFalse();
        assertThat(EMPTY.stream()).isEmpty();
        assertThat(EMPTY.get("a")).isNull();
        assertThat(EMPTY.find(element -> 0)).isNull();
        assertThat(EMPTY.lowerBound(element -> -1)).isZero();
        assertThat(EMPTY.rank("a")).isZero();
        assertThat(EMPTY).hasToString("[]");
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(EMPTY::first);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(EMPTY::last);
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> EMPTY.select(0));
    }

    @Test
    void builtAndSortedInputMustAscendStrictly() {
        assertThatIllegalArgumentException().isThrownBy(() -> ChunkedSortedSet.ofSorted(ORDER, List.of("a", "a")));
        assertThatIllegalArgumentException().isThrownBy(() -> ChunkedSortedSet.ofSorted(ORDER, List.of("b", "a")));
    }

    @Test
    void builderGoesOnAfterARefusedElement() {
        ChunkedSortedSet.Builder<String> builder =
                ChunkedSortedSet.builder(ORDER).add("b");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.add("b"));
        assertThatNullPointerException().isThrownBy(() -> builder.add(null));
        assertThat(builder.add("c").build()).containsExactly("b", "c");
    }

    @Test
    void builderBuildsOnce() {
        ChunkedSortedSet.Builder<String> builder = ChunkedSortedSet.builder(ORDER);
        assertThat(builder.build()).isEmpty();
        assertThatIllegalStateException().isThrownBy(builder::build);
        assertThatIllegalStateException().isThrownBy(() -> builder.add("a"));
    }

    @Test
    void updateRefusesElementsThatDoNotAscendStrictly() {
        assertThatIllegalArgumentException().isThrownBy(() -> LETTERS.update(new String[] {"a", "c", "c"}, null, 3));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LETTERS.update(new String[] {"a", "c", "b"}, new boolean[3], 3));
        assertThat(LETTERS.update(new String[] {"a", "c", "b"}, null, 2)).containsExactly("a", "b", "c", "d", "f");
    }

    @Test
    void updateRefusesACountBeyondTheArrays() {
        String[] elements = {"a", "b"};
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> LETTERS.update(elements, null, 3));
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> LETTERS.update(elements, new boolean[1], 2));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> LETTERS.update(elements, null, -1));
    }

    @Test
    void nullIsNoElement() {
        assertThatNullPointerException().isThrownBy(() -> EMPTY.with(null));
        assertThatNullPointerException().isThrownBy(() -> EMPTY.without(null));
        assertThatNullPointerException().isThrownBy(() -> EMPTY.get(null));
        assertThatNullPointerException().isThrownBy(() -> EMPTY.contains(null));
        assertThatNullPointerException().isThrownBy(() -> EMPTY.rank(null));
        assertThatNullPointerException().isThrownBy(() -> EMPTY.find(null));
        assertThatNullPointerException().isThrownBy(() -> EMPTY.lowerBound(null));
        assertThatNullPointerException().isThrownBy(() -> EMPTY.update(new String[] {"a", null}, null, 2));
        assertThatNullPointerException().isThrownBy(() -> EMPTY.union(null));
        assertThatNullPointerException().isThrownBy(() -> ChunkedSortedSet.ofSorted(ORDER, Arrays.asList("a", null)));
        assertThatNullPointerException().isThrownBy(() -> ChunkedSortedSet.empty(null));
    }

    @Test
    void addingTheVerySameElementGivesTheSameInstance() {
        String element = LETTERS.get("d");
        String equal = new String(element);
        assertThat(LETTERS.with(element)).isSameAs(LETTERS);
        assertThat(LETTERS.update(new String[] {element}, null, 1)).isSameAs(LETTERS);
        ChunkedSortedSet<String> replaced = LETTERS.with(equal);
        assertThat(replaced).isNotSameAs(LETTERS).isEqualTo(LETTERS);
        assertThat(replaced.get("d")).isSameAs(equal);
        assertThat(LETTERS.get("d")).isSameAs(element);
    }

    @Test
    void removingWhatIsNotThereGivesTheSameInstance() {
        assertThat(LETTERS.without("c")).isSameAs(LETTERS);
        assertThat(LETTERS.update(new String[] {"a", "g"}, new boolean[] {true, true}, 2))
                .isSameAs(LETTERS);
        assertThat(LETTERS.update(new String[0], null, 0)).isSameAs(LETTERS);
    }

    @Test
    void setAlgebraThatChangesNothingGivesTheSameInstance() {
        ChunkedSortedSet<String> part = ChunkedSortedSet.ofSorted(ORDER, List.of("b", "f"));
        ChunkedSortedSet<String> more = ChunkedSortedSet.ofSorted(ORDER, List.of("a", "b", "d", "f"));
        ChunkedSortedSet<String> apart = ChunkedSortedSet.ofSorted(ORDER, List.of("a", "c", "g"));
        assertThat(LETTERS.union(part)).isSameAs(LETTERS);
        assertThat(LETTERS.union(LETTERS)).isSameAs(LETTERS);
        assertThat(LETTERS.union(EMPTY)).isSameAs(LETTERS);
        assertThat(EMPTY.union(EMPTY)).isSameAs(EMPTY);
        assertThat(LETTERS.difference(apart)).isSameAs(LETTERS);
        assertThat(LETTERS.difference(EMPTY)).isSameAs(LETTERS);
        assertThat(EMPTY.difference(LETTERS)).isSameAs(EMPTY);
        assertThat(LETTERS.intersection(more)).isSameAs(LETTERS);
        assertThat(LETTERS.intersection(LETTERS)).isSameAs(LETTERS);
        assertThat(EMPTY.intersection(LETTERS)).isSameAs(EMPTY);
    }

    @Test
    void ofEqualElementsUnionAndIntersectionKeepThisSetsOwn() {
        String own = LETTERS.get("d");
        String another = new String(own);
        ChunkedSortedSet<String> small = ChunkedSortedSet.ofSorted(ORDER, List.of(another));
        ChunkedSortedSet<String> large = ChunkedSortedSet.ofSorted(ORDER, List.of("a", "c", another, "e"));
        assertThat(LETTERS.union(small).get("d")).isSameAs(own);
        assertThat(LETTERS.union(large).get("d")).isSameAs(own);
        assertThat(LETTERS.intersection(small).get("d")).isSameAs(own);
        assertThat(LETTERS.intersection(large).get("d")).isSameAs(own);
    }

    @Test
    void unionWithASetThatSortsBeforeThisOne() {
        ChunkedSortedSet<Integer> high = range(1000, 3000);
        ChunkedSortedSet<Integer> low = range(0, 1000);
        for (ChunkedSortedSet<Integer> union : List.of(high.union(low), low.union(high))) {
            assertThat(union).isEqualTo(range(0, 3000));
            Invariants.check(union);
        }
    }

    @Test
    void setsOfAnotherOrderAreRefused() {
        ChunkedSortedSet<String> reverse = ChunkedSortedSet.empty(reverseOrder());
        assertThatIllegalArgumentException().isThrownBy(() -> LETTERS.union(reverse));
        assertThatIllegalArgumentException().isThrownBy(() -> LETTERS.difference(reverse));
        assertThatIllegalArgumentException().isThrownBy(() -> LETTERS.intersection(reverse));
    }

    @Test
    void removingAllGivesTheEmptySet() {
        ChunkedSortedSet<Integer> set = range(0, 100_000);
        Integer[] all = set.stream().toArray(Integer[]::new);
        boolean[] remove = new boolean[all.length];
        Arrays.fill(remove, true);
        ChunkedSortedSet<Integer> emptied = set.update(all, remove, all.length);
        assertThat(emptied).isEmpty();
        Invariants.check(emptied);
        assertThat(set.difference(set)).isEmpty();
        assertThat(emptied.with(7)).containsExactly(7);
    }

    @Test
    void cursorHasAnElementOnlyBetweenItsEnds() {
        ChunkedSortedSet.Cursor<String> cursor = LETTERS.cursor(1, 2);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(cursor::element);
        assertThat(cursor.advance()).isTrue();
        assertThat(cursor.element()).isEqualTo("d");
        assertThat(cursor.element()).isEqualTo("d");
        assertThat(cursor.advance()).isFalse();
        assertThat(cursor.advance()).isFalse();
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(cursor::element);
    }

    @Test
    void cursorRefusesRanksBeyondTheSet() {
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> LETTERS.cursor(0, 4));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> LETTERS.cursor(-1, 2));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> LETTERS.cursor(2, 1));
    }

    @Test
    void iteratorsEndAndDoNotRemove() {
        for (Iterator<String> iterator : List.of(LETTERS.iterator(), LETTERS.descendingIterator())) {
            for (int i = 0; i < 3; i++) {
                assertThat(iterator.hasNext()).isTrue();
                iterator.next();
            }
            assertThat(iterator.hasNext()).isFalse();
            assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(iterator::next);
            assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(iterator::remove);
        }
    }

    @Test
    void spliteratorSplitsIntoPartsThatTogetherAreTheSet() {
        ChunkedSortedSet<Integer> set = range(0, 5000);
        Spliterator<Integer> back = set.spliterator();
        assertThat(back.hasCharacteristics(Spliterator.SIZED | Spliterator.SUBSIZED | Spliterator.ORDERED))
                .isTrue();
        assertThat(back.hasCharacteristics(Spliterator.SORTED | Spliterator.DISTINCT | Spliterator.IMMUTABLE))
                .isTrue();
        assertThat(back.getComparator()).isSameAs(set.order());
        int[] next = {0};
        assertThat(back.tryAdvance(element -> assertThat(element).isEqualTo(next[0]++)))
                .isTrue();
        Spliterator<Integer> front = back.trySplit();
        assertThat(front.getExactSizeIfKnown() + back.getExactSizeIfKnown()).isEqualTo(4999);
        assertThat(front.getExactSizeIfKnown()).isBetween(2000L, 3000L);
        front.forEachRemaining(element -> assertThat(element).isEqualTo(next[0]++));
        back.forEachRemaining(element -> assertThat(element).isEqualTo(next[0]++));
        assertThat(next[0]).isEqualTo(5000);
        assertThat(back.tryAdvance(element -> {})).isFalse();
        assertThat(back.trySplit()).isNull();
    }

    @Test
    void parallelStreamSeesEveryElementOnce() {
        ChunkedSortedSet<Integer> set = range(0, 100_000);
        assertThat(set.stream().parallel().mapToLong(Integer::longValue).sum()).isEqualTo(99_999L * 100_000 / 2);
        assertThat(set.stream().parallel().filter(element -> element % 1000 == 0))
                .hasSize(100)
                .isSorted();
    }

    @Test
    @SuppressWarnings("EqualsIncompatibleType")
    void equalityIsThatOfSets() {
        ChunkedSortedSet<String> same = EMPTY.with("f").with("d").with("b");
        ChunkedSortedSet<String> reverse = ChunkedSortedSet.ofSorted(reverseOrder(), List.of("f", "d", "b"));
        assertThat(same).isEqualTo(LETTERS).hasSameHashCodeAs(LETTERS);
        assertThat(reverse).isEqualTo(LETTERS).hasSameHashCodeAs(LETTERS);
        assertThat(LETTERS).isEqualTo(reverse);
        assertThat(LETTERS.hashCode()).isEqualTo(new TreeSet<>(List.of("b", "d", "f")).hashCode());
        assertThat(LETTERS.equals(LETTERS.with("g"))).isFalse();
        assertThat(LETTERS.equals(LETTERS.without("f").with("g"))).isFalse();
        assertThat(reverse.equals(LETTERS.without("f").with("g"))).isFalse();
        assertThat(LETTERS.equals(null)).isFalse();
        assertThat(LETTERS.equals(List.of("b", "d", "f"))).isFalse();
        Comparator<Object> byText = Comparator.comparing(Object::toString);
        assertThat(LETTERS.equals(ChunkedSortedSet.ofSorted(byText, List.of(1, 2, 3))))
                .isFalse();
        assertThat(EMPTY.equals(ChunkedSortedSet.empty(byText))).isTrue();
    }

    @Test
    void textIsThatOfCollections() {
        assertThat(LETTERS).hasToString("[b, d, f]");
    }

    @Test
    void probesFindByPartOfAnElement() {
        record Row(String key, int value) {}
        ChunkedSortedSet<Row> rows = ChunkedSortedSet.ofSorted(
                Comparator.comparing(Row::key), List.of(new Row("a", 1), new Row("c", 2), new Row("e", 3)));
        assertThat(rows.find(row -> row.key().compareTo("c"))).isEqualTo(new Row("c", 2));
        assertThat(rows.find(row -> row.key().compareTo("d"))).isNull();
        assertThat(rows.lowerBound(row -> row.key().compareTo("d"))).isEqualTo(2);
        assertThat(rows.lowerBound(row -> row.key().compareTo("e"))).isEqualTo(2);
        assertThat(rows.lowerBound(row -> row.key().compareTo("f"))).isEqualTo(3);
    }

    private static ChunkedSortedSet<Integer> range(int from, int to) {
        return ChunkedSortedSet.ofSorted(
                naturalOrder(), IntStream.range(from, to).boxed().toList());
    }
}
