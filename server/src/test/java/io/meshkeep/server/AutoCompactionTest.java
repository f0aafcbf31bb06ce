package io.meshkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutoCompactionTest {
    @ParameterizedTest
    @CsvSource({
        "1,     PT1H",
        "72,    PT72H",
        "5m,    PT5M",
        "1h30m, PT1H30M",
    })
    void periodicCountsHoursOrTakesADuration(String retention, Duration kept) {
        assertThat(AutoCompaction.parse("periodic", retention)).isEqualTo(new AutoCompaction.Periodic(kept));
    }

    @ParameterizedTest
    @CsvSource({"1", "1000", "9223372036854775807"})
    void revisionCountsRevisions(String retention) {
        assertThat(AutoCompaction.parse("revision", retention))
                .isEqualTo(new AutoCompaction.Revision(Long.parseLong(retention)));
    }

    @ParameterizedTest
    @CsvSource({"periodic,0", "periodic,''", "periodic,0s", "revision,0", "revision,''", "revision,00"})
    void nothingToKeepIsOff(String mode, String retention) {
        assertThat(AutoCompaction.parse(mode, retention)).isEqualTo(AutoCompaction.OFF);
    }

    @ParameterizedTest
    @CsvSource({
        "'',       1,   unknown auto-compaction-mode \"\"",
        "Periodic, 1,   unknown auto-compaction-mode \"Periodic\"",
        "periodic, -1,  is not a duration",
        "periodic, -1h, must be positive",
        "periodic, x,   is not a duration",
        "periodic, 99999999999999999999, longer than 292 years",
        "periodic, 9999999999, longer than 292 years",
        "revision, 1h,  is not a number of revisions",
        "revision, -1,  is not a number of revisions",
        "revision, 99999999999999999999, is not a number of revisions",
    })
    void refusesTheRestInOneLine(String mode, String retention, String problem) {
        assertThatThrownBy(() -> AutoCompaction.parse(mode, retention))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .contains(problem)
                .hasLineCount(1);
    }
}
