package io.meshkeep.setcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link ImmSortedLongSet} promises besides what {@link SortedSetContractTest} covers. */
class ImmSortedLongSetTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 60, 1_000, 40_000, 1L << 31, 1L << 45, Long.MAX_VALUE})
    void inputOfEverySpreadIsSorted(long spread) {
        Random random = new Random(spread);
        for (int count : new int[] {1, 2, 39, 40, 41, 200, 3000, 20_000}) {
            for (long base : new long[] {0, Long.MIN_VALUE, -spread / 2}) {
                long[] numbers = LongStream.generate(() -> base + (random.nextLong() >>> 1) % spread)
                        .limit(count)
                        .toArray();
                long[] before = numbers.clone();
                long[] expected = LongStream.of(numbers).sorted().distinct().toArray();
                assertThat(ImmSortedLongSet.of(numbers).toArray()).isEqualTo(expected);
                assertThat(numbers).isEqualTo(before);
                long[] sortedNearly = expected.clone();
                sortedNearly[sortedNearly.length - 1] = sortedNearly[0];
                assertThat(ImmSortedLongSet.of(sortedNearly).toArray())
                        .isEqualTo(
                                LongStream.of(sortedNearly).sorted().distinct().toArray());
            }
        }
    }

    @Test
    void numbersOverTheWholeRange() {
        Random random = new Random(4);
        long[] one = random.longs(5000).toArray();
        long[] other = random.longs(5000).toArray();
        one[0] = Long.MIN_VALUE;
        other[0] = Long.MAX_VALUE;
        System.arraycopy(one, 100, other, 100, 1000);
        TreeSet<Long> union = new TreeSet<>();
        LongStream.concat(LongStream.of(one), LongStream.of(other)).forEach(union::add);
        assertThat(ImmSortedLongSet.of(one).union(ImmSortedLongSet.of(other)).toArray())
                .isEqualTo(union.stream().mapToLong(each -> each).toArray());
        assertThat(ImmSortedLongSet.of(one).union(ImmSortedLongSet.of(other)).hashCode())
                .isEqualTo(union.hashCode());
        assertThat(ImmSortedLongSet.of(one)
                        .intersection(ImmSortedLongSet.of(other))
                        .size())
                .isEqualTo(1000);
    }

    @Test
    void theOtherSetComesBackWhenItIsTheResult() {
        ImmSortedLongSet few = ImmSortedLongSet.of(3, 5);
        ImmSortedLongSet more = ImmSortedLongSet.of(1, 3, 5);
        assertThat(few.union(more)).isSameAs(more);
        assertThat(more.intersection(few)).isSameAs(few);
        assertThat(more.difference(more)).isSameAs(ImmSortedLongSet.empty());
    }

    @Test
    void whatIsGivenOutOrTakenInIsACopy() {
        long[] sorted = {1, 2, 3};
        ImmSortedLongSet set = ImmSortedLongSet.ofSorted(sorted);
        ImmSortedLongSet another = ImmSortedLongSet.of(sorted);
        sorted[0] = 9;
        set.toArray()[1] = 9;
        assertThat(set.toArray()).containsExactly(1, 2, 3);
        assertThat(another).isEqualTo(set);
    }

    @Test
    void errorsAndEnds() {
        ImmSortedLongSet empty = ImmSortedLongSet.empty();
        assertThat(ImmSortedLongSet.of()).isSameAs(empty);
        assertThat(ImmSortedLongSet.ofSorted()).isSameAs(empty);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(empty::first);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(empty::last);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(empty.iterator()::nextLong);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(empty.descendingIterator()::nextLong);
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> empty.select(0));
        assertThatIllegalArgumentException().isThrownBy(() -> ImmSortedLongSet.ofSorted(1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> empty.range(1, 0));
        ImmSortedLongSet set = ImmSortedLongSet.of(4, -2);
        assertThat(set.first()).isEqualTo(-2);
        assertThat(set.last()).isEqualTo(4);
        assertThat(set).hasToString("[-2, 4]");
        assertThat(set.hashCode()).isEqualTo(Set.of(-2L, 4L).hashCode());
        assertThat(set.stream().boxed().toList()).containsExactly(-2L, 4L);
        assertThat(set.tail(0).compact().toArray()).containsExactly(4);
    }

    @Test
    void aResultKeepsNoArrayMuchLargerThanItself() {
        long[] odd = LongStream.range(0, 1000).map(i -> 2 * i + 1).toArray();
        long[] all = LongStream.range(0, 2000).toArray();
        ImmSortedLongSet difference = ImmSortedLongSet.of(all).difference(ImmSortedLongSet.of(odd));
        assertThat(difference.compact()).isSameAs(difference);
        assertThat(Arrays.stream(difference.toArray()).allMatch(number -> number % 2 == 0))
                .isTrue();
    }
}
