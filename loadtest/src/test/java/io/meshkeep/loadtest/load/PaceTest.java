package io.meshkeep.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PaceTest {
    private static final long START = -123_456_789L;

    @ParameterizedTest
    @ValueSource(longs = {1, 3, 7, 1000, 999_983, 1_000_000_000})
    void doesNotDrift(long perSecond) {
        Pace pace = new Pace(START, perSecond);
        long seconds = Math.max(1, 100_000 / perSecond);
        for (long i = 0; i < perSecond * seconds && i < 1_000_000; i++) {
            long exact = START + Math.floorDiv(Math.multiplyExact(i, 1_000_000_000L), perSecond);
            assertThat(pace.due()).isEqualTo(exact);
            pace.advance();
        }
    }

    @Test
    void goesOnForYearsWithoutOverflow() {
        Pace pace = new Pace(0, 1);
        for (int i = 0; i < 100_000; i++) {
            pace.advance();
        }
        assertThat(pace.due()).isEqualTo(100_000L * 1_000_000_000L);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1})
    void refusesNoRate(long perSecond) {
        assertThatThrownBy(() -> new Pace(0, perSecond)).isInstanceOf(IllegalArgumentException.class);
    }
}
