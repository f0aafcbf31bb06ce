package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The index against a plain map that is searched from end to end. */
class IntervalIndexTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void findsWhatASearchOfAllFinds(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        IntervalIndex<KeyRange> index = new IntervalIndex<>();
        Map<KeyRange, KeyRange> plain = new HashMap<>();
        for (int i = 0; i < 2_000; i++) {
            KeyRange range = range(random);
            if (random.nextInt(100) < (i < 1_000 ? 60 : 40)) {
                assertThat(index.computeIfAbsent(range, r -> r)).isEqualTo(range);
                plain.putIfAbsent(range, range);
            } else {
                index.remove(range);
                plain.remove(range);
            }
            assertThat(index.size()).isEqualTo(plain.size());
            byte[] key = RandomBytes.key(random, 3);
            List<KeyRange> found = new ArrayList<>();
            index.forEachContaining(key, found::add);
            Set<KeyRange> expected =
                    plain.keySet().stream().filter(r -> r.contains(key)).collect(Collectors.toSet());
            assertThat(new HashSet<>(found)).isEqualTo(expected);
            assertThat(found).hasSameSizeAs(expected);
        }
        List<KeyRange> all = new ArrayList<>();
        index.forEach(all::add);
        assertThat(new HashSet<>(all)).isEqualTo(plain.keySet());
        assertThat(all).hasSameSizeAs(plain.keySet());
    }

    private static KeyRange range(SplittableRandom random) {
        byte[] start = RandomBytes.key(random, 2);
        if (random.nextInt(3) == 0) {
            return KeyRange.single(start);
        }
        return KeyRange.of(
                ByteString.copyFrom(start),
                ByteString.copyFrom(random.nextInt(5) == 0 ? new byte[1] : RandomBytes.key(random, 2)));
    }

    @Test
    void keepsTheFirstValueOfARange() {
        IntervalIndex<String> index = new IntervalIndex<>();
        KeyRange range = KeyRange.single(new byte[] {5});
        assertThat(index.computeIfAbsent(range, r -> "first")).isEqualTo("first");
        assertThat(index.computeIfAbsent(range, r -> "second")).isEqualTo("first");
        assertThat(index.size()).isEqualTo(1);
    }

    @Test
    void takesManyRangesInOrder() {
        // ascending insertion is what makes an unbalanced tree as deep as it is large
        IntervalIndex<Integer> index = new IntervalIndex<>();
        int count = 100_000;
        for (int i = 0; i < count; i++) {
            int value = i;
            index.computeIfAbsent(KeyRange.single(bytes(i)), r -> value);
        }
        List<Integer> found = new ArrayList<>();
        index.forEachContaining(bytes(count - 1), found::add);
        assertThat(found).containsExactly(count - 1);
        for (int i = 0; i < count; i++) {
            index.remove(KeyRange.single(bytes(i)));
        }
        assertThat(index.size()).isZero();
    }

    private static byte[] bytes(int i) {
        return java.nio.ByteBuffer.allocate(4).putInt(i).array();
    }
}
