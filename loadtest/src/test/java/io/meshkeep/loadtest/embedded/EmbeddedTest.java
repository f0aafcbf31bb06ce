package io.meshkeep.loadtest.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.loadtest.report.Figure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class EmbeddedTest {
    private static final Duration SHORT = Duration.ofMillis(100);

    @TempDir
    Path directory;

    @Test
    void storeAndDiskAreMeasuredByTheSameNames() throws Exception {
        Map<String, Double> store = EmbeddedCommand.store(directory.resolve("store"), SHORT, SHORT).stream()
                .collect(Collectors.toMap(Figure::name, Figure::value));
        assertThat(store)
                .containsOnlyKeys(
                        "put-1 p50",
                        "put-1 p99",
                        "put-100",
                        "put-1000",
                        "txn-create-lease",
                        "range-one",
                        "list-10000",
                        "watch-fanout-1000");
        assertThat(store.values()).allMatch(value -> value > 0);
        Map<String, Double> disk =
                EmbeddedCommand.disk(directory, SHORT).stream().collect(Collectors.toMap(Figure::name, Figure::value));
        assertThat(store).containsKeys(disk.keySet().toArray(new String[0]));
        assertThat(disk.values()).allMatch(value -> value > 0);
    }

    @ParameterizedTest
    @EnumSource
    void everyPieceWorks(PiecesBenchmark.Piece piece) throws Exception {
        PiecesBenchmark benchmark = new PiecesBenchmark();
        benchmark.piece = piece;
        benchmark.keys = 1000;
        benchmark.setUp();
        try {
            assertThat(benchmark.run()).isNotNull();
            assertThat(piece.label()).isNotBlank();
        } finally {
            benchmark.tearDown();
        }
    }
}
