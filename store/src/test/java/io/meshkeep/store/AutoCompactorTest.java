package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AutoCompactorTest {

    /** What is compacted when the revision rises by one each minute, as minute to revision. */
    private static List<long[]> compactions(AutoCompactor policy, Duration time) {
        List<long[]> compactions = new ArrayList<>();
        long end = time.toNanos();
        for (long now = 0; now <= end; now += policy.intervalNanos()) {
            long minute = Duration.ofNanos(now).toMinutes();
            OptionalLong revision = policy.next(1 + minute);
            if (revision.isPresent()) {
                compactions.add(new long[] {minute, revision.getAsLong()});
            }
        }
        return compactions;
    }

    @Test
    void aPeriodOfAnHourCompactsHourlyWhatIsAnHourOld() {
        assertThat(compactions(new AutoCompactor.Periodic(Duration.ofHours(1).toNanos()), Duration.ofHours(3)))
                .containsExactly(new long[] {60, 1}, new long[] {120, 61}, new long[] {180, 121});
    }

    @Test
    void aLongPeriodWaitsOnceAndThenCompactsHourly() {
        assertThat(compactions(new AutoCompactor.Periodic(Duration.ofHours(10).toNanos()), Duration.ofHours(12)))
                .containsExactly(new long[] {600, 1}, new long[] {660, 61}, new long[] {720, 121});
    }

    @Test
    void aShortPeriodCompactsOnceAPeriod() {
        assertThat(compactions(new AutoCompactor.Periodic(Duration.ofMinutes(10).toNanos()), Duration.ofMinutes(30)))
                .containsExactly(new long[] {10, 1}, new long[] {20, 11}, new long[] {30, 21});
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 600, 3_600, 5_400, 86_400})
    void aPeriodNeverTakesWhatIsYounger(long seconds) {
        AutoCompactor policy =
                new AutoCompactor.Periodic(Duration.ofSeconds(seconds).toNanos());
        long period = Duration.ofSeconds(seconds).toNanos();
        for (long asked = 0; asked < 1_000; asked++) {
            long now = asked * policy.intervalNanos();
            OptionalLong revision = policy.next(asked);
            if (revision.isPresent()) {
                long age = now - revision.getAsLong() * policy.intervalNanos();
                // sampled ten times a period, so at most that much older than asked for
                assertThat(age).isBetween(period - policy.intervalNanos(), period + policy.intervalNanos());
            }
        }
    }

    @Test
    void anIdleStoreIsNotCompactedAgain() {
        AutoCompactor policy = new AutoCompactor.Periodic(Duration.ofMinutes(10).toNanos());
        List<Long> compacted = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            policy.next(7).ifPresent(compacted::add);
        }
        assertThat(compacted).containsExactly(7L);
    }

    @Test
    void keepsTheNewestRevisions() {
        AutoCompactor policy = new AutoCompactor.Revisions(100);
        assertThat(policy.intervalNanos()).isEqualTo(Duration.ofMinutes(5).toNanos());
        assertThat(policy.next(1)).isEmpty();
        assertThat(policy.next(100)).isEmpty();
        assertThat(policy.next(101)).hasValue(1);
        assertThat(policy.next(101)).isEmpty();
        assertThat(policy.next(250)).hasValue(150);
    }

    @Test
    void nothingToKeepIsRefused() {
        assertThatThrownBy(() -> new AutoCompactor.Revisions(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new AutoCompactor.Periodic(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
