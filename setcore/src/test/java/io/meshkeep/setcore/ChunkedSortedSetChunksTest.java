package io.meshkeep.setcore;

import static java.util.Comparator.naturalOrder;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the elements lie in chunks: how full these are, how few are copied, and how little is compared. */
class ChunkedSortedSetChunksTest {
    private static final int MANY = 60_000;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 127, 255, 256, 257, 383, 384, 385, 512, 513, 16_384, 16_385, 24_577, 1_200_000})
    void builtSetsAreFull(int size) {
        ChunkedSortedSet<Integer> set = evens(size);
        Invariants.check(set);
        assertThat(set.size()).isEqualTo(size);
        long leaves = leaves(set);
        assertThat(leaves).isEqualTo(Math.max(1, (size + 255) / 256));
    }

    @Test
    void ascendingInsertsLeaveFullChunks() {
        assertThat(Invariants.fill(insertOneByOne(i -> i))).isGreaterThan(0.99);
    }

    @Test
    void descendingInsertsLeaveChunksTwoThirdsFull() {
        assertThat(Invariants.fill(insertOneByOne(i -> MANY - i))).isGreaterThan(2.0 / 3);
    }

    @Test
    void insertsTowardsTheMiddleLeaveChunksTwoThirdsFull() {
        assertThat(Invariants.fill(insertOneByOne(i -> i % 2 == 0 ? i : 2 * MANY - i)))
                .isGreaterThan(2.0 / 3);
    }

    @Test
    void randomChangesLeaveChunksTwoThirdsFull() {
        Random random = new Random(7);
        ChunkedSortedSet<Integer> set = ChunkedSortedSet.empty(naturalOrder());
        List<Integer> order = new ArrayList<>(IntStream.range(0, MANY).boxed().toList());
        Collections.shuffle(order, random);
        for (Integer element : order) {
            set = set.with(element);
        }
        assertThat(Invariants.fill(set)).isGreaterThan(2.0 / 3);
        for (int i = 0; i < 2 * MANY; i++) {
            Integer element = random.nextInt(2 * MANY);
            set = random.nextBoolean() ? set.with(element) : set.without(element);
        }
        assertThat(Invariants.fill(set)).isGreaterThan(2.0 / 3);
        Invariants.check(set);
    }

    @Test
    void manyInsertsIntoOneGapStayBalanced() {
        ChunkedSortedSet<Integer> set = evens(1000)
                .union(ChunkedSortedSet.ofSorted(
                        naturalOrder(),
                        IntStream.range(3 * MANY, 3 * MANY + 1000).boxed().toList()));
        Integer[] gap = IntStream.range(2000, MANY).boxed().toArray(Integer[]::new);
        ChunkedSortedSet<Integer> filled = set.update(gap, null, gap.length);
        Invariants.check(filled);
        assertThat(filled.size()).isEqualTo(2000 + gap.length);
        assertThat(Invariants.fill(filled)).isGreaterThan(0.9);
    }

    @Test
    void heightShrinksAsElementsGo() {
        ChunkedSortedSet<Integer> set = evens(MANY);
        assertThat(Invariants.height(set.root())).isEqualTo(2);
        Integer[] most = IntStream.range(50, MANY).mapToObj(i -> 2 * i).toArray(Integer[]::new);
        boolean[] remove = new boolean[most.length];
        Arrays.fill(remove, true);
        ChunkedSortedSet<Integer> few = set.update(most, remove, most.length);
        Invariants.check(few);
        assertThat(few.size()).isEqualTo(50);
        assertThat(Invariants.height(few.root())).isZero();
    }

    @Test
    void replacingKeepsTheShapeAndCopiesOnlyThePaths() {
        ChunkedSortedSet<String> set = ChunkedSortedSet.ofSorted(
                naturalOrder(),
                IntStream.range(0, MANY).mapToObj("%05d"::formatted).toList());
        String first = new String(set.first());
        ChunkedSortedSet<String> replaced = set.with(first);
        // Also where the inner nodes repeat the first element of a leaf, or the old one would not be freed.
        Invariants.check(replaced);
        assertThat(replaced.first()).isSameAs(first);
        assertThat(newNodes(set, replaced)).isEqualTo(3);
        assertThat(leaves(replaced)).isEqualTo(leaves(set));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 100})
    void aBatchCopiesOnlyWhatItTouches(int changes) {
        Random random = new Random(changes);
        ChunkedSortedSet<Integer> set = evens(1_000_000);
        int height = Invariants.height(set.root());
        for (int round = 0; round < 20; round++) {
            Integer[] batch = random.ints(changes, 0, 2_000_000)
                    .sorted()
                    .distinct()
                    .boxed()
                    .toArray(Integer[]::new);
            boolean[] remove = new boolean[batch.length];
            for (int i = 0; i < remove.length; i++) {
                remove[i] = random.nextBoolean();
            }
            ChunkedSortedSet<Integer> next = set.update(batch, remove, batch.length);
            // A path for each change, and where a node is cut again its two neighbours and one node more.
            assertThat(newNodes(set, next)).isLessThanOrEqualTo(4L * batch.length * (height + 1));
            set = next;
        }
        Invariants.check(set);
    }

    @Test
    void alternatingAtAFullChunkDoesNotCutEachTime() {
        ChunkedSortedSet<Integer> set = evens(MANY);
        Integer between = 2 * (MANY / 2) + 1;
        long copied = 0;
        for (int i = 0; i < 1000; i++) {
            ChunkedSortedSet<Integer> next = i % 2 == 0 ? set.with(between) : set.without(between);
            copied += newNodes(set, next);
            set = next;
        }
        assertThat(copied).isLessThan(3 * 1000 + 10);
    }

    @Test
    void appendingToAndRemovingFromTheEndAlternatelyDoesNotCutEachTime() {
        ChunkedSortedSet<Integer> set = evens(256 * 100);
        long copied = 0;
        for (int i = 0; i < 1000; i++) {
            ChunkedSortedSet<Integer> next = i % 2 == 0 ? set.with(MANY) : set.without(MANY);
            copied += newNodes(set, next);
            set = next;
        }
        assertThat(copied).isLessThan(3 * 1000 + 10);
    }

    @Test
    void appendingToFullChunksSharesThem() {
        ChunkedSortedSet<Integer> set = evens(256 * 100);
        // Two leaves out of the last, of which the one before it is no part, under one inner node and the root.
        assertThat(newNodes(set, set.with(MANY))).isEqualTo(4);
    }

    @Test
    void subtreesSharedByTwoVersionsAreSkippedWhole() {
        ChunkedSortedSet<Integer> set = evens(MANY);
        ChunkedSortedSet<Integer> later = set.with(2 * MANY);
        assertThat(LeafWalk.sharedLevels(new LeafWalk(set.root(), 0), new LeafWalk(set.root(), 0)))
                .isEqualTo(2);
        assertThat(LeafWalk.sharedLevels(new LeafWalk(set.root(), 0), new LeafWalk(later.root(), 0)))
                .isEqualTo(1);
        // The second leaf is shared, but its parent begins before it.
        assertThat(LeafWalk.sharedLevels(new LeafWalk(set.root(), 256), new LeafWalk(later.root(), 256)))
                .isZero();
        int last = MANY - 1;
        assertThat(LeafWalk.sharedLevels(new LeafWalk(set.root(), last), new LeafWalk(later.root(), last)))
                .isEqualTo(-1);
    }

    @Test
    void setAlgebraSharesWhatIsUntouched() {
        ChunkedSortedSet<Integer> set = evens(MANY);
        ChunkedSortedSet<Integer> few =
                ChunkedSortedSet.ofSorted(naturalOrder(), List.of(100, 101, MANY, 2 * MANY - 2));
        assertThat(newNodes(set, set.union(few))).isLessThan(15);
        assertThat(newNodes(set, few.union(set))).isLessThan(15);
        assertThat(newNodes(set, set.difference(few))).isLessThan(15);
        ChunkedSortedSet<Integer> nearlyAll = set.difference(few);
        assertThat(newNodes(set, set.intersection(nearlyAll))).isLessThan(15);
    }

    @Test
    void searchesCompareALogarithmicNumberOfTimes() {
        Counting order = new Counting();
        ChunkedSortedSet.Builder<Integer> builder = ChunkedSortedSet.builder(order);
        for (int i = 0; i < 1_000_000; i++) {
            builder.add(2 * i);
        }
        ChunkedSortedSet<Integer> set = builder.build();
        for (int i = 0; i < 2_000_000; i += 997) {
            Integer element = i;
            // 20 would do in one array; each level of the tree may cost one more.
            assertThat(order.comparisons(() -> set.get(element))).isLessThanOrEqualTo(23);
            assertThat(order.comparisons(() -> set.rank(element))).isLessThanOrEqualTo(23);
            assertThat(order.comparisons(() -> set.with(element))).isLessThanOrEqualTo(30);
        }
    }

    @Test
    void comparingTwoVersionsCostsWhatLiesBetweenThem() {
        Counting order = new Counting();
        ChunkedSortedSet.Builder<Integer> builder = ChunkedSortedSet.builder(order);
        for (int i = 0; i < 300_000; i++) {
            builder.add(2 * i);
        }
        ChunkedSortedSet<Integer> before = builder.build();
        ChunkedSortedSet<Integer> after = before.without(1000).with(200_001).with(400_001);
        assertThat(order.comparisons(() -> assertThat(after.difference(before)).containsExactly(200_001, 400_001)))
                .isLessThan(5000);
        assertThat(order.comparisons(() -> assertThat(before.difference(after)).containsExactly(1000)))
                .isLessThan(5000);
        assertThat(order.comparisons(() -> before.intersection(after))).isLessThan(5000);
        assertThat(order.comparisons(() -> before.union(after))).isLessThan(5000);
    }

    @Test
    void aSmallSetMeetsALargeOneInLogarithmicTimeEach() {
        Counting order = new Counting();
        ChunkedSortedSet.Builder<Integer> builder = ChunkedSortedSet.builder(order);
        for (int i = 0; i < 300_000; i++) {
            builder.add(2 * i);
        }
        ChunkedSortedSet<Integer> large = builder.build();
        ChunkedSortedSet<Integer> small = ChunkedSortedSet.ofSorted(order, List.of(10, 11, 100_000, 500_001));
        assertThat(order.comparisons(() -> large.union(small))).isLessThan(400);
        assertThat(order.comparisons(() -> small.union(large))).isLessThan(400);
        assertThat(order.comparisons(() -> large.difference(small))).isLessThan(400);
        assertThat(order.comparisons(() -> small.difference(large))).isLessThan(400);
        assertThat(order.comparisons(() -> large.intersection(small))).isLessThan(400);
        assertThat(order.comparisons(() -> small.intersection(large))).isLessThan(400);
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

    private static ChunkedSortedSet<Integer> insertOneByOne(IntUnaryOperator element) {
        ChunkedSortedSet<Integer> set = ChunkedSortedSet.empty(naturalOrder());
        for (int i = 0; i < MANY; i++) {
            set = set.with(element.applyAsInt(i));
        }
        assertThat(set.size()).isEqualTo(MANY);
        Invariants.check(set);
        return set;
    }

    private static ChunkedSortedSet<Integer> evens(int size) {
        ChunkedSortedSet.Builder<Integer> builder = ChunkedSortedSet.builder(naturalOrder());
        for (int i = 0; i < size; i++) {
            builder.add(2 * i);
        }
        return builder.build();
    }

    private static long leaves(ChunkedSortedSet<?> set) {
        return Invariants.nodes(set).stream().filter(Leaf.class::isInstance).count();
    }

    private static long newNodes(ChunkedSortedSet<?> before, ChunkedSortedSet<?> after) {
        Set<Node> old = Invariants.nodes(before);
        return Invariants.nodes(after).stream()
                .filter(node -> !old.contains(node))
                .count();
    }
}
