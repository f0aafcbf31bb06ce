package io.meshkeep.loadtest.sets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SetsCommandTest {
    private static final Pattern RESULT = Pattern.compile(
            "\\{\"op\":\"union\",\"n\":(\\d+),\"ns\":([\\d.]+),\"baseline_ns\":([\\d.]+),\"speedup\":([\\d.]+),");

    @TempDir
    Path directory;

    @Test
    void aQuickRunMeasuresEverySize() throws Exception {
        Path json = directory.resolve("results.json");
        SetsCommand.run(new String[] {"--quick", "--here", "--ops", "union", "--json", json.toString()});
        List<MatchResult> results =
                RESULT.matcher(Files.readString(json)).results().toList();
        assertThat(results).extracting(result -> result.group(1)).containsExactly("100", "1000", "10000", "100000");
        assertThat(results).allSatisfy(result -> {
            double nanos = Double.parseDouble(result.group(2));
            double baseline = Double.parseDouble(result.group(3));
            assertThat(nanos).isPositive();
            assertThat(Double.parseDouble(result.group(4)))
                    .isCloseTo(baseline / nanos, org.assertj.core.data.Percentage.withPercentage(1));
        });
        // By thousands, so not even a busy machine hides it.
        assertThat(Double.parseDouble(results.get(3).group(4))).isGreaterThan(20);
    }

    @Test
    void unknownOperationsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SetsCommand.run(new String[] {"--ops", "unite"}))
                .withMessage("there is no operation unite");
    }
}
