package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class KeyRangeTest {
    private final SplittableRandom random = new SplittableRandom(11);

    /** What etcd's documentation says of key and range_end, word for word. */
    private static boolean holds(byte[] key, byte[] rangeEnd, byte[] candidate) {
        if (rangeEnd.length == 0) {
            return Arrays.equals(key, candidate);
        }
        boolean fromKey = Arrays.compareUnsigned(candidate, key) >= 0;
        if (rangeEnd.length == 1 && rangeEnd[0] == 0) {
            return fromKey;
        }
        return fromKey && Arrays.compareUnsigned(candidate, rangeEnd) < 0;
    }

    private byte[] end() {
        return switch (random.nextInt(4)) {
            case 0 -> new byte[0];
            case 1 -> new byte[1];
            default -> RandomBytes.key(random, 3);
        };
    }

    @Test
    void containsWhatTheRequestMeans() {
        for (int i = 0; i < 20_000; i++) {
            byte[] key = RandomBytes.key(random, 3);
            byte[] end = end();
            byte[] candidate = random.nextInt(4) == 0 ? key : RandomBytes.key(random, 4);
            KeyRange range = KeyRange.of(ByteString.copyFrom(key), ByteString.copyFrom(end));
            assertThat(range.contains(candidate)).isEqualTo(holds(key, end, candidate));
            if (range.isEmpty()) {
                assertThat(range.contains(candidate)).isFalse();
            } else {
                assertThat(range.contains(key)).isTrue();
            }
        }
    }

    @Test
    void isEmptyOnlyWhenTheEndIsNotAfterTheStart() {
        assertThat(range("b", "a").isEmpty()).isTrue();
        assertThat(range("b", "b").isEmpty()).isTrue();
        assertThat(range("b", "c").isEmpty()).isFalse();
        assertThat(range("b", "\0").isEmpty()).isFalse();
        assertThat(range("b", "").isEmpty()).isFalse();
    }

    @Test
    void equalRangesHoldEqualKeys() {
        for (int i = 0; i < 20_000; i++) {
            byte[] keyA = RandomBytes.key(random, 2);
            byte[] keyB = random.nextBoolean() ? keyA : RandomBytes.key(random, 2);
            KeyRange a = KeyRange.of(ByteString.copyFrom(keyA), ByteString.copyFrom(end()));
            KeyRange b = KeyRange.of(ByteString.copyFrom(keyB), ByteString.copyFrom(end()));
            assertThat(a.equals(b)).isEqualTo(Arrays.equals(a.start(), b.start()) && Arrays.equals(a.end(), b.end()));
            if (a.equals(b)) {
                assertThat(a).hasSameHashCodeAs(b);
                byte[] candidate = RandomBytes.key(random, 3);
                assertThat(a.contains(candidate)).isEqualTo(b.contains(candidate));
            }
        }
    }

    private static KeyRange range(String key, String end) {
        return KeyRange.of(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8(end));
    }
}
