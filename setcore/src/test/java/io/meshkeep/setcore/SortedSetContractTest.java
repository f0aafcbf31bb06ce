package io.meshkeep.setcore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds of every form of set, compared with {@link TreeSet}. */
class SortedSetContractTest {
    static Stream<SetForm<?>> forms() {
        return SetForm.all();
    }

    static Stream<Arguments> cases() {
        return SetForm.all()
                .flatMap(form -> IntStream.of(5, 70, 1500)
                        .boxed()
                        .flatMap(universe -> IntStream.of(1, 2).mapToObj(seed -> Arguments.of(form, universe, seed))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    <S> void behavesAsATreeSetOverRandomOperations(SetForm<S> form, int universe, int seed) {
        Random random = new Random(seed);
        S set = form.empty();
        TreeSet<Integer> model = new TreeSet<>();
        for (int step = 0; step < 250; step++) {
            S before = set;
            List<Integer> contentBefore = List.copyOf(model);
            List<Integer> arguments = elements(random, universe);
            S other = form.of(arguments);
            form.check(other);
            TreeSet<Integer> otherModel = new TreeSet<>(arguments);
            if (random.nextInt(3) == 0) {
                // Two versions of one set, which may share parts.
                other = form.insert(set, arguments);
                otherModel.addAll(model);
            }
            int element = random.nextInt(universe);
            switch (random.nextInt(9)) {
                case 0 -> {
                    set = form.insert(set, element);
                    model.add(element);
                }
                case 1 -> {
                    set = form.delete(set, element);
                    model.remove(element);
                }
                case 2 -> {
                    set = form.insert(set, arguments);
                    model.addAll(arguments);
                }
                case 3 -> {
                    set = form.delete(set, arguments);
                    arguments.forEach(model::remove);
                }
                case 4 -> {
                    set = form.union(set, other);
                    model.addAll(otherModel);
                }
                case 5 -> {
                    set = form.difference(set, other);
                    model.removeAll(otherModel);
                }
                case 6 -> {
                    set = form.intersection(set, other);
                    model.retainAll(otherModel);
                }
                case 7 -> {
                    set = form.symmetricDifference(set, other);
                    otherModel.forEach(each -> {
                        if (!model.remove(each)) {
                            model.add(each);
                        }
                    });
                }
                default -> {
                    int bound = element + random.nextInt(universe - element);
                    set = form.range(set, element, bound);
                    model.retainAll(List.copyOf(model.subSet(element, bound)));
                    if (random.nextBoolean()) {
                        // What is next works on a range, and on one that lies within others.
                        set = form.union(set, other);
                        model.addAll(otherModel);
                        set = form.range(set, 1, universe);
                        model.remove(0);
                    }
                }
            }
            form.check(set);
            assertSame(form, set, model);
            assertThat(form.ascending(before)).isEqualTo(contentBefore);
            assertThat(set.equals(before)).isEqualTo(contentBefore.equals(List.copyOf(model)));
            if (contentBefore.equals(List.copyOf(model)) && !contentBefore.isEmpty()) {
                assertThat(set).isSameAs(before);
            }
            assertQueries(form, set, model, universe, random);
        }
    }

    @ParameterizedTest
    @MethodSource("forms")
    <S> void eachCombinationOfEachPairOfSizes(SetForm<S> form) {
        Random random = new Random(3);
        for (int size : new int[] {0, 1, 3, 40, 300, 2000}) {
            for (int otherSize : new int[] {0, 1, 3, 40, 300, 2000}) {
                for (int universe : new int[] {40, 2500, 30_000}) {
                    TreeSet<Integer> model = draw(random, size, universe);
                    TreeSet<Integer> otherModel = draw(random, otherSize, universe);
                    S set = form.ofSorted(List.copyOf(model));
                    S other = form.ofSorted(List.copyOf(otherModel));

                    TreeSet<Integer> union = new TreeSet<>(model);
                    union.addAll(otherModel);
                    assertSame(form, form.union(set, other), union);
                    TreeSet<Integer> difference = new TreeSet<>(model);
                    difference.removeAll(otherModel);
                    assertSame(form, form.difference(set, other), difference);
                    TreeSet<Integer> intersection = new TreeSet<>(model);
                    intersection.retainAll(otherModel);
                    assertSame(form, form.intersection(set, other), intersection);
                    TreeSet<Integer> symmetric = new TreeSet<>(union);
                    symmetric.removeAll(intersection);
                    assertSame(form, form.symmetricDifference(set, other), symmetric);
                    assertThat(form.containsAll(set, other)).isEqualTo(model.containsAll(otherModel));
                    assertThat(form.containsAll(set, form.intersection(set, other)))
                            .isTrue();
                }
            }
        }
    }

    /** What the first version of Cilium's set got wrong: it searched in the set as it was before. */
    @ParameterizedTest
    @MethodSource("forms")
    <S> void manyInsertsIntoTheMiddleStayInOrder(SetForm<S> form) {
        assertThat(form.ascending(form.insert(form.of(List.of(1, 5, 9)), List.of(2, 7))))
                .containsExactly(1, 2, 5, 7, 9);
        assertThat(form.ascending(form.insert(form.of(List.of(1, 5, 9)), List.of(8, 7, 6, 4, 3, 2))))
                .containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @ParameterizedTest
    @MethodSource("forms")
    <S> void argumentsMayRepeat(SetForm<S> form) {
        assertThat(form.ascending(form.insert(form.empty(), List.of(3, 3)))).containsExactly(3);
        assertThat(form.ascending(form.of(List.of(4, 2, 4, 2, 2)))).containsExactly(2, 4);
        S set = form.of(List.of(1, 2, 3));
        assertThat(form.insert(set, List.of(2, 2, 1))).isSameAs(set);
        assertThat(form.ascending(form.delete(set, List.of(2, 9, 2)))).containsExactly(1, 3);
    }

    @ParameterizedTest
    @MethodSource("forms")
    <S> void unionWithASetThatSortsBefore(SetForm<S> form) {
        S low = form.of(List.of(1, 2));
        S high = form.of(List.of(4, 5));
        assertThat(form.ascending(form.union(high, low))).containsExactly(1, 2, 4, 5);
        assertThat(form.union(high, low)).isEqualTo(form.union(low, high));
        S manyLow = form.of(IntStream.range(0, 1000).boxed().toList());
        S manyHigh = form.of(IntStream.range(1000, 2000).boxed().toList());
        assertThat(form.ascending(form.union(manyHigh, manyLow)))
                .isEqualTo(IntStream.range(0, 2000).boxed().toList());
        assertThat(form.difference(manyHigh, manyLow)).isSameAs(manyHigh);
        assertThat(form.size(form.intersection(manyHigh, manyLow))).isZero();
    }

    @ParameterizedTest
    @MethodSource("forms")
    <S> void largeUnsortedInput(SetForm<S> form) {
        Random random = new Random(11);
        for (int universe : new int[] {200, 5000, 40_000}) {
            List<Integer> unsorted = random.ints(5000, 0, universe).boxed().toList();
            List<Integer> more = random.ints(5000, 0, universe).boxed().toList();
            TreeSet<Integer> model = new TreeSet<>(unsorted);
            S set = form.of(unsorted);
            assertSame(form, set, model);
            assertThat(form.build(unsorted)).isEqualTo(set);
            assertThat(form.ofSorted(List.copyOf(model))).isEqualTo(set);
            TreeSet<Integer> left = new TreeSet<>(model);
            left.removeAll(new TreeSet<>(more));
            assertSame(form, form.delete(set, more), left);
            model.addAll(more);
            assertSame(form, form.insert(set, more), model);
        }
    }

    @ParameterizedTest
    @MethodSource("forms")
    <S> void unionOfMany(SetForm<S> form) {
        Random random = new Random(5);
        for (int count : new int[] {0, 1, 2, 3, 7, 50}) {
            TreeSet<Integer> model = draw(random, 100, 3000);
            S set = form.of(List.copyOf(model));
            List<S> others = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                TreeSet<Integer> other = draw(random, random.nextInt(200), 3000);
                others.add(form.of(List.copyOf(other)));
                model.addAll(other);
            }
            S union = form.unionAll(set, others);
            assertSame(form, union, model);
            Collections.shuffle(others, random);
            assertThat(form.unionAll(union, others)).isSameAs(union);
        }
    }

    @ParameterizedTest
    @MethodSource("forms")
    <S> void rangesOfEveryKind(SetForm<S> form) {
        Random random = new Random(9);
        for (int size : new int[] {0, 1, 10, 2000}) {
            TreeSet<Integer> model = draw(random, size, 5000);
            S set = form.of(List.copyOf(model));
            List<Integer> content = List.copyOf(model);
            for (int i = 0; i < 50; i++) {
                int least = random.nextInt(5000);
                int bound = least + random.nextInt(5000 - least);
                assertSame(form, form.range(set, least, bound), model.subSet(least, bound));
                assertSame(form, form.head(set, bound), model.headSet(bound));
                assertSame(form, form.tail(set, least), model.tailSet(least));
                int from = random.nextInt(content.size() + 1);
                int to = from + random.nextInt(content.size() + 1 - from);
                S slice = form.slice(set, from, to);
                form.check(slice);
                assertSame(form, slice, content.subList(from, to));
                assertThat(form.rank(slice, bound)).isEqualTo((int) content.subList(from, to).stream()
                        .filter(each -> each < bound)
                        .count());
                assertThat(form.ascending(form.insert(slice, bound)))
                        .isEqualTo(Stream.concat(content.subList(from, to).stream(), Stream.of(bound))
                                .sorted()
                                .distinct()
                                .toList());
            }
            assertThat(form.slice(set, 0, size)).isSameAs(set);
            assertThat(form.range(set, 0, 5000)).isSameAs(set);
        }
    }

    private static TreeSet<Integer> draw(Random random, int size, int universe) {
        TreeSet<Integer> drawn = new TreeSet<>();
        int wanted = Math.min(size, universe);
        if (random.nextInt(4) == 0) {
            int start = random.nextInt(universe - wanted + 1);
            IntStream.range(start, start + wanted).forEach(drawn::add);
        }
        while (drawn.size() < wanted) {
            drawn.add(random.nextInt(universe));
        }
        return drawn;
    }

    /** In any order, with repeats; few, or up to as many as there are; all over or next to each other. */
    private static List<Integer> elements(Random random, int universe) {
        int count = random.nextInt(1 + (random.nextInt(3) == 0 ? universe : Math.min(universe, 10)));
        int base = random.nextInt(universe);
        boolean clustered = random.nextBoolean();
        List<Integer> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(clustered ? Math.min(universe - 1, base + random.nextInt(count)) : random.nextInt(universe));
        }
        return elements;
    }

    private static <S> void assertSame(SetForm<S> form, S set, Collection<Integer> expected) {
        assertThat(form.ascending(set)).isEqualTo(List.copyOf(expected));
        assertThat(form.size(set)).isEqualTo(expected.size());
    }

    private static <S> void assertQueries(SetForm<S> form, S set, TreeSet<Integer> model, int universe, Random random) {
        List<Integer> descending = new ArrayList<>(model.descendingSet());
        assertThat(form.descending(set)).isEqualTo(descending);
        assertThat(form.stream(set)).isEqualTo(List.copyOf(model));
        assertThat(set.hashCode()).isEqualTo(form.hash(model));
        S same = form.build(descending);
        assertThat(same).isEqualTo(set).hasSameHashCodeAs(set);
        for (int i = 0; i < 5; i++) {
            int element = random.nextInt(universe);
            assertThat(form.contains(set, element)).isEqualTo(model.contains(element));
            assertThat(form.rank(set, element)).isEqualTo(model.headSet(element).size());
        }
        if (!model.isEmpty()) {
            int index = random.nextInt(model.size());
            assertThat(form.select(set, index)).isEqualTo(List.copyOf(model).get(index));
        }
    }
}
