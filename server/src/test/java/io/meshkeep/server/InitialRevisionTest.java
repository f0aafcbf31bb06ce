package io.meshkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InitialRevisionTest {
    private static final Instant NOW = Instant.parse("2026-11-23T00:00:00.123456789Z");

    @Test
    void startsLikeEtcdUnlessToldOtherwise() {
        assertThat(InitialRevision.parse("").at(NOW)).isEqualTo(1);
        assertThat(ServerConfig.builder().build().initialRevision().at(NOW)).isEqualTo(1);
    }

    @Test
    void aNumberIsTheRevision() {
        assertThat(InitialRevision.parse("4711").at(NOW)).isEqualTo(4711);
        assertThat(InitialRevision.parse("9223372036854775807").at(NOW)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void timeCountsMicrosecondsAndStaysExactInADouble() {
        long revision = InitialRevision.parse("time").at(NOW);
        assertThat(revision).isEqualTo(1_795_392_000_123_456L);
        assertThat(InitialRevision.parse("time").at(NOW.plusNanos(1000))).isEqualTo(revision + 1);
        assertThat(revision).isLessThan(1L << 53);
    }

    @Test
    void aClockBefore1970StillGivesARevision() {
        assertThat(InitialRevision.parse("time").at(Instant.parse("1969-01-01T00:00:00Z")))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "now", "1.5", "9223372036854775808", " 1"})
    void refusesTheRest(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> InitialRevision.parse(text))
                .withMessageContaining("initial-revision");
    }
}
