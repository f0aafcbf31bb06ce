package io.meshkeep.store.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A set that is merged late is the one that would have been merged at once, whoever asks for which of them, and when. */
class LateSetTest {
    private record Element(int place, int version) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void eachSetIsThatOfItsChanges(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<LateSet<Element>> sets = new ArrayList<>();
        List<List<Element>> expected = new ArrayList<>();
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
            set = set.after(List.copyOf(removed), List.copyOf(added));
            sets.add(set);
            expected.add(List.copyOf(model.values()));
            if (random.nextInt(10) == 0) {
                int any = random.nextInt(sets.size());
                assertThat(sets.get(any).get().stream().toList()).isEqualTo(expected.get(any));
            }
            assertThat(set.past()).isNotNull();
        }
        for (int i = 0; i < sets.size(); i++) {
            assertThat(sets.get(i).get().stream().toList()).isEqualTo(expected.get(i));
            assertThat(sets.get(i).get())
                    .isSameAs(sets.get(i).get())
                    .isSameAs(sets.get(i).past());
        }
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
            set = set.after(List.of(), added);
            assertThat(n + each - set.past().size()).isLessThan(LateSet.MAX_PENDING);
        }
    }
}
