package io.meshkeep.store.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A set that is merged late is the one that would have been merged at once, whoever asks for which of them, and when. */
class LateSetTest {
    private record Element(int place, int version) {}

    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "3, true", "4, true"})
    void eachSetIsThatOfItsChanges(long seed, boolean canBeMadeAnew) {
        SplittableRandom random = new SplittableRandom(seed);
        List<LateSet<Element>> sets = new ArrayList<>();
        List<List<Element>> expected = new ArrayList<>();
        // all elements, in another order; null for a set that can't be made from them
        List<ChunkedSortedSet<Element>> all = new ArrayList<>();
        int givenUp = 0;
        LateSet<Element> set = LateSet.of(ChunkedSortedSet.<Element>empty(Comparator.comparingInt(Element::place)));
        TreeMap<Integer, Element> model = new TreeMap<>();
        for (int round = 0; round < 300; round++) {
            List<Element> removed = new ArrayList<>();
            List<Element> added = new ArrayList<>();
            int changes = round % 100 == 99 ? LateSet.MAX_PENDING + 1 : random.nextInt(6);
            for (int i = 0; i < changes; i++) {
                int place = random.nextInt(changes > 10 ? 100_000 : 50);
                Element old = model.get(place);
                if (added.stream().anyMatch(element -> element.place == place) || removed.contains(old)) {
                    continue;
                }
                if (old != null) {
                    removed.add(old);
                    model.remove(place);
                }
                if (old == null || random.nextBoolean()) {
                    Element element = new Element(place, round);
                    added.add(element);
                    model.put(place, element);
                }
            }
            ChunkedSortedSet<Element> others = canBeMadeAnew
                    ? ChunkedSortedSet.copyOf(
                            Comparator.comparingInt(Element::place).reversed(), model.values())
                    : null;
            all.add(others);
            set = set.after(List.copyOf(removed), List.copyOf(added), others);
            sets.add(set);
            expected.add(List.copyOf(model.values()));
            // not for a while, in which one that can be made anew is given up
            if ((round < 100 || round >= 240) && random.nextInt(10) == 0) {
                int any = random.nextInt(sets.size());
                assertThat(sets.get(any).get(all.get(any)).stream().toList()).isEqualTo(expected.get(any));
            }
            if (set.past() == null) {
                givenUp++;
            }
        }
        for (int i = 0; i < sets.size(); i++) {
            ChunkedSortedSet<Element> got = sets.get(i).get(all.get(i));
            assertThat(got.stream().toList()).isEqualTo(expected.get(i));
            assertThat(got)
                    .isSameAs(sets.get(i).get(all.get(i)))
                    .isSameAs(sets.get(i).past());
        }
        assertThat(givenUp > 0).isEqualTo(canBeMadeAnew);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7})
    void manyChangesAreNotLeftToWhoeverAsks(int each) {
        LateSet<Integer> set = LateSet.of(ChunkedSortedSet.empty(Comparator.<Integer>naturalOrder()));
        for (int n = 0; n < 3 * LateSet.MAX_PENDING; n += each) {
            List<Integer> added = new ArrayList<>();
            for (int i = 0; i < each; i++) {
                added.add(n + i);
            }
            set = set.after(List.of(), added, null);
            assertThat(n + each - set.past().size()).isLessThan(LateSet.MAX_PENDING);
        }
    }

    /** Numbers from 0 on, in this order, and in the other that the set under test has. */
    private static ChunkedSortedSet<Integer> descending(int size) {
        List<Integer> numbers = new ArrayList<>();
        for (int n = size - 1; n >= 0; n--) {
            numbers.add(n);
        }
        return ChunkedSortedSet.ofSorted(Comparator.<Integer>reverseOrder(), numbers);
    }

    private static LateSet<Integer> grown(LateSet<Integer> set, int from, int to) {
        for (int n = from; n < to; n += 64) {
            List<Integer> added = new ArrayList<>();
            for (int each = n; each < Math.min(to, n + 64); each++) {
                added.add(each);
            }
            set = set.after(List.of(), added, descending(n + added.size()));
        }
        return set;
    }

    @Test
    void whatNobodyAsksForIsGivenUpAndWhatSomebodyAsksForIsNot() {
        int most = LateSet.MAX_PENDING;
        LateSet<Integer> set = LateSet.of(ChunkedSortedSet.empty(Comparator.<Integer>naturalOrder()));
        set = grown(set, 0, most);
        assertThat(set.past()).as("nobody has asked").isNull();

        set = grown(set, most, most + 10);
        assertThat(set.past()).isNull();
        assertThat(set.get(descending(most + 10))).hasSize(most + 10);

        // asked for, and from then on merged as it goes
        set = grown(set, most + 10, 2 * most + 10);
        assertThat(set.past()).hasSize(2 * most + 10);

        // not any more
        set = grown(set, 2 * most + 10, 3 * most + 10);
        assertThat(set.past()).isNull();
    }

    @Test
    void whoAsksForOneThatWasGivenUpNeedNotWaitForTheNextOnes() {
        LateSet<Integer> set = LateSet.of(ChunkedSortedSet.empty(Comparator.<Integer>naturalOrder()));
        set = grown(set, 0, LateSet.MAX_PENDING);
        LateSet<Integer> later = grown(set, LateSet.MAX_PENDING, LateSet.MAX_PENDING + 1);
        set.get(descending(LateSet.MAX_PENDING));

        later = grown(later, LateSet.MAX_PENDING + 1, LateSet.MAX_PENDING + 2);

        assertThat(later.past()).hasSize(LateSet.MAX_PENDING + 2);
    }
}
