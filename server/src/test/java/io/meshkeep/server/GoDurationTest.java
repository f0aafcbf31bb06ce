package io.meshkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationTest {
    private static final String[] UNITS = {"ns", "us", "\u00b5s", "\u03bcs", "ms", "s", "m", "h"};
    private static final long[] NANOS = {
        1, 1_000, 1_000, 1_000, 1_000_000, 1_000_000_000, 60_000_000_000L, 3_600_000_000_000L
    };

    @ParameterizedTest
    @CsvSource({
        "0,        PT0S",
        "+0,       PT0S",
        "-0,       PT0S",
        "0s,       PT0S",
        "5s,       PT5S",
        "-5s,      PT-5S",
        "1h30m,    PT1H30M",
        "1.5h,     PT1H30M",
        "1.s,      PT1S",
        ".5s,      PT0.5S",
        "300ms,    PT0.3S",
        "1us,      PT0.000001S",
        "0.9ns,    PT0S",
        "1m1m,     PT2M",
        "9223372036854775807ns, PT2562047H47M16.854775807S",
    })
    void readsWhatGoReads(String text, Duration expected) {
        assertThat(GoDuration.parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "5",
                "-",
                "+",
                "s",
                ".s",
                "5 s",
                " 5s",
                "5s ",
                "5x",
                "5S",
                "1h30",
                "--5s",
                "1e3s",
                "0x5s",
                "1d",
                "PT5S",
                "9223372036854775808ns",
                "2562048h",
                "5\u0661s"
            })
    void refusesTheRestInOneLine(String text) {
        assertThatThrownBy(() -> GoDuration.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .contains("\"" + text + "\"")
                .hasLineCount(1);
    }

    @Test
    void aHugeTextIsRefusedQuickly() {
        assertThatThrownBy(() -> GoDuration.parse("1".repeat(1_000_000) + "s"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Terms add up, in any order and number, however a whole number of nanoseconds is cut into them. */
    @Test
    void termsAddUp() {
        SplittableRandom random = new SplittableRandom(0x60);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            BigInteger nanos = BigInteger.ZERO;
            for (int terms = 1 + random.nextInt(4); terms > 0; terms--) {
                int unit = random.nextInt(UNITS.length);
                int amount = random.nextInt(100_000);
                text.append(amount).append(UNITS[unit]);
                nanos = nanos.add(BigInteger.valueOf(amount).multiply(BigInteger.valueOf(NANOS[unit])));
            }
            assertThat(GoDuration.parse(text.toString()).toNanos())
                    .as("%s", text)
                    .isEqualTo(nanos.longValueExact());
        }
    }
}
