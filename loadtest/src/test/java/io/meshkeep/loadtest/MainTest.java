package io.meshkeep.loadtest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"compare", "mesh", "growth", "ceiling", "embedded", "run", "fill", "memory", "sets", "index"})
    void helpHasALineForEachCommand(String command) {
        assertThat(Main.help().lines().filter(line -> line.startsWith("  bench " + command + " ")))
                .hasSize(1);
    }

    @Test
    void linesFitIntoATerminal() {
        assertThat(Main.help().lines()).allMatch(line -> line.length() <= 100);
    }
}
