package io.meshkeep.loadtest.growth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrowthReportTest {
    private static final GrowthReport REPORT = new GrowthReport(List.of(
            new Cost("ours", "put", "keys", 10_000, 24_000, 11, 40),
            new Cost("etcd", "put", "keys", 10_000, 12_000, 20, 100),
            new Cost("ours", "put", "keys", 100_000, 23_000, 12, 41),
            new Cost("etcd", "put", "keys", 100_000, 9_200, 25, 120),
            new Cost("ours", "watch-fanout", "watchers", 10, 50_000, 1, 3)));

    @TempDir
    Path directory;

    @Test
    void aLineForEachSize() {
        assertThat(REPORT.table()).containsPattern("put +\\| keys +\\| +100,000 \\| +23,000 \\| +9,200 \\| +2\\.50 ");
        assertThat(REPORT.json())
                .contains(
                        "{\"workload\": \"put\", \"keys\": 10000, \"ours\": 24000, \"etcd\": 12000, \"ratio\": 2, \"cpu_ratio\": 0.4}")
                .contains("\"watchers\": 10, \"ours\": 50000, \"etcd\": null, \"ratio\": null");
    }

    @Test
    void aPlotForEachWorkloadAndFigure() throws Exception {
        assertThat(REPORT.charts()).hasSize(4);
        assertThat(REPORT.charts().get(0).lines()).hasSize(2);
        assertThat(REPORT.charts().get(2).lines()).hasSize(1);
        REPORT.pngs(directory);
        REPORT.page(List.of("here")).write(directory.resolve("growth.html"));
        try (var files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "growth.html",
                            "growth-put-keys-rate.png",
                            "growth-put-keys-cpu.png",
                            "growth-watch-fanout-watchers-rate.png",
                            "growth-watch-fanout-watchers-cpu.png");
        }
    }
}
