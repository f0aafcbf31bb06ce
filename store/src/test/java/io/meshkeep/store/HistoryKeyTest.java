package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HistoryKeyTest {
    private static final int ROUNDS = 20_000;

    private final SplittableRandom random = new SplittableRandom(7);

    private byte[] key() {
        return RandomBytes.key(random, 5);
    }

    private long main() {
        return random.nextBoolean() ? 1 + random.nextInt(4) : RandomBytes.positive(random);
    }

    private int sub() {
        return random.nextInt(3) == 0 ? random.nextInt(1 << 30) : random.nextInt(3);
    }

    @Test
    void sortsByKeyAndThenNewestFirst() {
        for (int i = 0; i < ROUNDS; i++) {
            byte[] keyA = key();
            byte[] keyB = random.nextInt(3) == 0 ? keyA : key();
            long mainA = main();
            long mainB = random.nextBoolean() ? mainA : main();
            int subA = sub();
            int subB = sub();
            int expected = Arrays.compareUnsigned(keyA, keyB);
            if (expected == 0) {
                expected = Long.compare(mainB, mainA);
            }
            if (expected == 0) {
                expected = Integer.compare(subB, subA);
            }
            assertThat(sign(HistoryKey.of(keyA, mainA, subA), HistoryKey.of(keyB, mainB, subB)))
                    .isEqualTo(Integer.signum(expected));
        }
    }

    @Test
    void givesBackKeyAndRevision() {
        for (int i = 0; i < ROUNDS; i++) {
            byte[] key = key();
            long main = main();
            byte[] entry = HistoryKey.of(key, main, sub());
            assertThat(HistoryKey.key(entry)).isEqualTo(key);
            assertThat(HistoryKey.main(entry)).isEqualTo(main);
        }
    }

    @Test
    void knowsEntriesOfOneKey() {
        for (int i = 0; i < ROUNDS; i++) {
            byte[] keyA = key();
            byte[] keyB = random.nextBoolean() ? keyA : key();
            assertThat(HistoryKey.sameKey(HistoryKey.of(keyA, main(), sub()), HistoryKey.of(keyB, main(), sub())))
                    .isEqualTo(Arrays.equals(keyA, keyB));
        }
    }

    @Test
    void positionsStandWhereTheyShould() {
        for (int i = 0; i < ROUNDS; i++) {
            byte[] key = key();
            byte[] otherKey = random.nextInt(3) == 0 ? key : key();
            long main = main();
            byte[] other = HistoryKey.of(otherKey, random.nextBoolean() ? main : main(), sub());
            int order = Arrays.compareUnsigned(otherKey, key);

            assertThat(sign(HistoryKey.first(key), other)).isEqualTo(order >= 0 ? -1 : 1);
            assertThat(sign(HistoryKey.afterKeyOf(HistoryKey.of(key, main, sub())), other))
                    .isEqualTo(order > 0 ? -1 : 1);
            boolean after = order > 0 || order == 0 && HistoryKey.main(other) <= main;
            assertThat(sign(HistoryKey.atOrBefore(key, main), other)).isEqualTo(after ? -1 : 1);
        }
    }

    @Test
    void eventsSortByRevision() {
        for (int i = 0; i < ROUNDS; i++) {
            long mainA = main();
            long mainB = random.nextBoolean() ? mainA : main();
            int subA = sub();
            int subB = sub();
            int expected = mainA != mainB ? Long.compare(mainA, mainB) : Integer.compare(subA, subB);
            byte[] a = HistoryKey.event(mainA, subA);
            assertThat(sign(a, HistoryKey.event(mainB, subB))).isEqualTo(expected);
            assertThat(HistoryKey.eventMain(a)).isEqualTo(mainA);
            assertThat(HistoryKey.eventSub(a)).isEqualTo(subA);
        }
    }

    private static int sign(byte[] a, byte[] b) {
        return Integer.signum(Arrays.compareUnsigned(a, b));
    }
}
