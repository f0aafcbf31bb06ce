package io.meshkeep.setcore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Random sequences of operations, each compared with the same ones on a {@link TreeMap}. */
class ChunkedSortedSetPropertyTest {
    /** An element that can be told from an equal one. */
    record Entry(int key, int version) {}

    private static final Comparator<Entry> BY_KEY = Comparator.comparingInt(Entry::key);

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        List<Shape> shapes = List.of(
                new Shape(2, 4), new Shape(3, 4), new Shape(3, 5), new Shape(5, 7), new Shape(16, 8), Shape.STANDARD);
        for (Shape shape : shapes) {
            for (int universe : new int[] {4, 60, 700, 10_000}) {
                int seeds = universe < 1000 ? 3 : 1;
                for (int seed = 1; seed <= seeds; seed++) {
                    cases.add(Arguments.of(shape, universe, seed));
                }
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void behavesAsATreeMapOverRandomOperations(Shape shape, int universe, int seed) {
        Random random = new Random(seed);
        ChunkedSortedSet<Entry> set = ChunkedSortedSet.empty(BY_KEY, shape);
        TreeMap<Integer, Entry> model = new TreeMap<>();
        int version = 0;
        for (int step = 0; step < 250; step++) {
            ChunkedSortedSet<Entry> before = set;
            List<Entry> contentBefore = List.copyOf(model.values());
            TreeMap<Integer, Entry> changes = randomEntries(random, universe, version);
            version += universe;
            boolean[] remove = randomFlags(random, changes.size());
            switch (random.nextInt(9)) {
                case 0, 1 -> {
                    Entry entry = new Entry(random.nextInt(universe), version++);
                    set = set.with(entry);
                    model.put(entry.key(), entry);
                }
                case 2 -> {
                    Entry entry = new Entry(random.nextInt(universe), version++);
                    set = set.without(entry);
                    model.remove(entry.key());
                }
                case 3, 4 -> {
                    set = update(set, changes, remove);
                    update(model, changes, remove);
                }
                case 5 -> {
                    set = update(set, changes, null);
                    model.putAll(changes);
                }
                default -> {
                    // Half of the time the other set is a version of this one, with which it shares chunks.
                    boolean related = random.nextBoolean();
                    TreeMap<Integer, Entry> otherModel = new TreeMap<>(changes);
                    ChunkedSortedSet<Entry> other;
                    if (related) {
                        otherModel = new TreeMap<>(model);
                        update(otherModel, changes, remove);
                        other = update(set, changes, remove);
                    } else {
                        other = setOf(changes, shape);
                    }
                    List<Entry> otherContent = List.copyOf(otherModel.values());
                    int operation = random.nextInt(related ? 3 : 12);
                    if (operation == 0) {
                        set = set.intersection(other);
                        model.keySet().retainAll(otherModel.keySet());
                    } else if (operation % 2 == 0) {
                        set = set.difference(other);
                        model.keySet().removeAll(otherModel.keySet());
                    } else {
                        set = set.union(other);
                        otherModel.forEach(model::putIfAbsent);
                    }
                    assertSame(other, otherContent);
                }
            }
            Invariants.check(set);
            List<Entry> content = List.copyOf(model.values());
            assertSame(set, content);
            assertSame(before, contentBefore);
            if (set.size() < 500 || step % 16 == 0) {
                assertDifferences(before, set, random.nextInt(universe + 2) - 1);
            }
            assertThat(set.equals(before)).isEqualTo(content.equals(contentBefore));
            if (content.equals(contentBefore)) {
                assertThat(set).isSameAs(before);
            }
            assertQueries(set, model, universe, random);
        }
    }

    private static boolean[] randomFlags(Random random, int count) {
        boolean[] flags = new boolean[count + random.nextInt(3)];
        int bias = random.nextInt(5);
        for (int i = 0; i < flags.length; i++) {
            flags[i] = random.nextInt(4) < bias;
        }
        return flags;
    }

    private static void update(TreeMap<Integer, Entry> model, TreeMap<Integer, Entry> changes, boolean[] remove) {
        int i = 0;
        for (Entry entry : changes.values()) {
            if (remove[i++]) {
                model.remove(entry.key());
            } else {
                model.put(entry.key(), entry);
            }
        }
    }

    private static TreeMap<Integer, Entry> randomEntries(Random random, int universe, int version) {
        TreeMap<Integer, Entry> entries = new TreeMap<>();
        int count = random.nextInt(1 + (random.nextInt(5) == 0 ? universe : Math.min(universe, 20)));
        boolean clustered = random.nextBoolean();
        int base = random.nextInt(universe);
        for (int i = 0; i < count; i++) {
            int key = clustered ? Math.min(universe - 1, base + i) : random.nextInt(universe);
            entries.put(key, new Entry(key, version + i));
        }
        return entries;
    }

    private static ChunkedSortedSet<Entry> setOf(TreeMap<Integer, Entry> entries, Shape shape) {
        ChunkedSortedSet.Builder<Entry> builder = ChunkedSortedSet.builder(BY_KEY, shape);
        entries.values().forEach(builder::add);
        ChunkedSortedSet<Entry> set = builder.build();
        Invariants.check(set);
        return set;
    }

    private static ChunkedSortedSet<Entry> update(
            ChunkedSortedSet<Entry> set, TreeMap<Integer, Entry> changes, boolean[] remove) {
        Entry[] elements = Arrays.copyOf(changes.values().toArray(new Entry[0]), changes.size() + 2);
        Entry[] elementsBefore = elements.clone();
        boolean[] removeBefore = remove == null ? null : remove.clone();
        ChunkedSortedSet<Entry> updated = set.update(elements, remove, changes.size());
        assertThat(elements).isEqualTo(elementsBefore);
        assertThat(remove).isEqualTo(removeBefore);
        return updated;
    }

    /** By identity, which also tells replaced elements apart. */
    @SuppressWarnings("ReferenceEquality")
    private static void assertSame(ChunkedSortedSet<Entry> set, List<Entry> expected) {
        assertThat(set.size()).isEqualTo(expected.size());
        Iterator<Entry> iterator = set.iterator();
        for (Entry entry : expected) {
            if (iterator.next() != entry) {
                throw new AssertionError("expected " + entry + " in " + set);
            }
        }
        assertThat(iterator.hasNext()).isFalse();
    }

    /** From a key on, those of one side alone, each said to be of its side. */
    private static void assertDifferences(ChunkedSortedSet<Entry> one, ChunkedSortedSet<Entry> other, int from) {
        TreeMap<Integer, String> expected = new TreeMap<>();
        one.forEach(entry -> expected.put(entry.key(), entry + " of the first"));
        for (Entry entry : other) {
            if (expected.remove(entry.key()) == null) {
                expected.put(entry.key(), entry + " of the second");
            }
        }
        assertThat(shown(one.differences(other))).isEqualTo(List.copyOf(expected.values()));
        assertThat(shown(one.differences(other, entry -> Integer.compare(entry.key(), from))))
                .isEqualTo(List.copyOf(expected.tailMap(from).values()));
    }

    private static List<String> shown(Differences<Entry> differences) {
        List<String> shown = new ArrayList<>();
        while (differences.advance()) {
            shown.add(differences.element() + (differences.isOfFirst() ? " of the first" : " of the second"));
        }
        assertThat(differences.advance()).isFalse();
        return shown;
    }

    private static void assertQueries(
            ChunkedSortedSet<Entry> set, TreeMap<Integer, Entry> model, int universe, Random random) {
        for (int i = 0; i < 5; i++) {
            int key = random.nextInt(universe + 2) - 1;
            Entry equal = new Entry(key, -1);
            Entry expected = model.get(key);
            int rank = model.headMap(key).size();
            assertThat(set.get(equal)).isSameAs(expected);
            assertThat(set.contains(equal)).isEqualTo(expected != null);
            assertThat(set.rank(equal)).isEqualTo(rank);
            assertThat(set.find(e -> Integer.compare(e.key(), key))).isSameAs(expected);
            assertThat(set.lowerBound(e -> Integer.compare(e.key(), key))).isEqualTo(rank);
            assertThat(set.lowerBound(e -> e.key() <= key ? -1 : 1))
                    .isEqualTo(model.headMap(key, true).size());
        }
        List<Entry> entries = List.copyOf(model.values());
        if (!entries.isEmpty()) {
            int index = random.nextInt(entries.size());
            assertThat(set.select(index)).isSameAs(entries.get(index));
            assertThat(set.first()).isSameAs(entries.get(0));
            assertThat(set.last()).isSameAs(entries.get(entries.size() - 1));
        }
        int from = random.nextInt(entries.size() + 1);
        int to = from + random.nextInt(entries.size() + 1 - from);
        List<Entry> range = new ArrayList<>();
        ChunkedSortedSet.Cursor<Entry> cursor = set.cursor(from, to);
        while (cursor.advance()) {
            range.add(cursor.element());
        }
        assertThat(range).isEqualTo(entries.subList(from, to));
        List<Entry> descending = new ArrayList<>();
        set.descendingIterator().forEachRemaining(descending::add);
        assertThat(descending)
                .isEqualTo(new ArrayList<>(new TreeMap<>(model).descendingMap().values()));
        List<Entry> visited = new ArrayList<>();
        set.forEach(visited::add);
        assertThat(visited).isEqualTo(entries);
        assertThat(set.stream().parallel().toList()).isEqualTo(entries);
    }
}
