package io.meshkeep.loadtest.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentsTest {
    private static Arguments parse(String... line) {
        return Arguments.parse(line, Set.of("--rounds", "--json"), Set.of("--quick"));
    }

    @Test
    void takesValuesBothWays() {
        Arguments arguments = parse("--rounds", "3", "--json=a=b", "--quick");
        assertThat(arguments.count("--rounds", 5)).isEqualTo(3);
        assertThat(arguments.text("--json", "")).isEqualTo("a=b");
        assertThat(arguments.has("--quick")).isTrue();
    }

    @Test
    void whatIsNotThereIsTheDefault() {
        assertThat(parse().count("--rounds", 5)).isEqualTo(5);
        assertThat(parse().has("--quick")).isFalse();
    }

    @Test
    void numbersMayBeGrouped() {
        assertThat(parse("--rounds", "1_000,000").count("--rounds", 1)).isEqualTo(1_000_000);
    }

    @ParameterizedTest
    @CsvSource({
        "--rounds, --rounds needs a value",
        "--round, unknown argument --round",
        "--quick=yes, unknown argument --quick=yes",
        "file, unknown argument file"
    })
    void saysWhatIsWrong(String argument, String message) {
        assertThatThrownBy(() -> parse(argument))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "x", "99999999999"})
    void countsArePositive(String value) {
        assertThatThrownBy(() -> parse("--rounds", value).count("--rounds", 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--rounds needs a");
    }
}
