package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Merged intervals answer as the ranges do that went in, over all keys of a small alphabet. */
class KeyIntervalsTest {
    /** All keys of up to three bytes, each 0, 1 or 255: neighbours, prefixes of one another, both ends. */
    private static final List<byte[]> KEYS = keys();

    private static List<byte[]> keys() {
        List<byte[]> keys = new ArrayList<>();
        byte[] bytes = {0, 1, (byte) 0xff};
        for (byte a : bytes) {
            keys.add(new byte[] {a});
            for (byte b : bytes) {
                keys.add(new byte[] {a, b});
                for (byte c : bytes) {
                    keys.add(new byte[] {a, b, c});
                }
            }
        }
        keys.sort(Arrays::compareUnsigned);
        return keys;
    }

    private static KeyRange range(SplittableRandom random) {
        byte[] start = KEYS.get(random.nextInt(KEYS.size()));
        return switch (random.nextInt(6)) {
            case 0 -> KeyRange.single(start);
            case 1 -> new KeyRange(start, null, false);
            default -> new KeyRange(start, KEYS.get(random.nextInt(KEYS.size())), false);
        };
    }

    @RepeatedTest(200)
    void answersAsTheRangesDo(RepetitionInfo repetition) {
        SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
        List<KeyRange> ranges = new ArrayList<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            ranges.add(range(random));
        }
        KeyIntervals intervals = KeyIntervals.of(ranges);
        TreeSet<byte[]> covered = new TreeSet<>(Arrays::compareUnsigned);
        KEYS.stream()
                .filter(key -> ranges.stream().anyMatch(range -> range.contains(key)))
                .forEach(covered::add);

        for (byte[] key : KEYS) {
            assertThat(intervals.contains(key)).isEqualTo(covered.contains(key));
        }
        for (int i = 0; i < 50; i++) {
            KeyRange asked = range(random);
            if (!asked.isEmpty() && intervals.covers(asked)) {
                assertThat(KEYS.stream().filter(asked::contains)).allMatch(covered::contains);
            }
            if (asked.single()) {
                assertThat(intervals.covers(asked)).isEqualTo(covered.contains(asked.start()));
            }
        }
        for (KeyRange each : ranges) {
            assertThat(each.isEmpty() || intervals.covers(each)).isTrue();
        }
        List<byte[]> some = KEYS.stream().filter(key -> random.nextInt(4) == 0).toList();
        assertThat(intervals.containsAll(ChunkedSortedSet.ofSorted(LeaseEntry.NO_KEYS.order(), some)))
                .isEqualTo(some.stream().allMatch(covered::contains));
    }

    @Test
    void touchingIntervalsCoverWhatNeitherDoes() {
        KeyIntervals intervals = KeyIntervals.of(List.of(range("a", "c"), range("c", "e"), range("x", "y")));
        assertThat(intervals.size()).isEqualTo(2);
        assertThat(intervals.covers(range("b", "d"))).isTrue();
        assertThat(intervals.covers(range("d", "f"))).isFalse();
        assertThat(intervals.covers(range("b", "\0"))).isFalse();
        assertThat(KeyIntervals.of(List.of(range("a", "c"), range("b", "\0"))).covers(range("a", "\0")))
                .isTrue();
    }

    @Test
    void anEmptyRangeIsCoveredWhereItStarts() {
        KeyIntervals intervals = KeyIntervals.of(List.of(range("b", "d")));
        assertThat(intervals.covers(range("c", "a"))).isTrue();
        assertThat(intervals.covers(range("e", "c"))).isFalse();
    }

    private static KeyRange range(String key, String end) {
        return KeyRange.of(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8(end));
    }
}
