package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SurplusTest {
    private record Step(String key, int change) {}

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Keys of even numbers were there before the batch, others were not; each goes and comes in turn. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void theCountIsThatOfTheKeysOneByOne(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int keys = seed % 2 == 0 ? 30 : 1000;
        Surplus surplus = new Surplus();
        TreeMap<String, Integer> model = new TreeMap<>();
        List<Step> done = new ArrayList<>();
        for (int round = 0; round < 3000; round++) {
            int number = random.nextInt(keys);
            String key = "k" + number;
            boolean wasThere = number % 2 == 0;
            boolean isThere = wasThere ? model.getOrDefault(key, 0) == 0 : model.getOrDefault(key, 0) == 1;
            Step step = new Step(key, isThere ? -1 : 1);
            apply(surplus, model, step);
            done.add(step);
            if (random.nextInt(20) == 0) {
                // a transaction that fails takes back what it did, the last first
                List<Step> back = new ArrayList<>(done.subList(Math.max(0, done.size() - 30), done.size()));
                Collections.reverse(back);
                back.forEach(each -> apply(surplus, model, new Step(each.key, -each.change)));
                done.clear();
            }
            if (random.nextInt(3) == 0) {
                String from = "k" + random.nextInt(keys);
                String to = "k" + random.nextInt(keys);
                assertThat(surplus.count(new KeyRange(bytes(from), bytes(to), false)))
                        .isEqualTo(from.compareTo(to) < 0 ? sum(model.subMap(from, to)) : 0);
                assertThat(surplus.count(new KeyRange(bytes(from), null, false)))
                        .isEqualTo(sum(model.tailMap(from)));
            }
        }
    }

    private static void apply(Surplus surplus, TreeMap<String, Integer> model, Step step) {
        surplus.add(bytes(step.key), step.change);
        model.merge(step.key, step.change, Integer::sum);
    }

    private static long sum(Map<String, Integer> part) {
        return part.values().stream().mapToInt(each -> each).sum();
    }
}
