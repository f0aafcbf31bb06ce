package io.meshkeep.loadtest.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.loadtest.compare.Result.Figure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareReportTest {
    @TempDir
    Path directory;

    @Test
    void aPageHasAllFiguresAndPlots() throws Exception {
        Histogram latency = new Histogram(10_000_000, 3);
        latency.recordValue(2_000_000);
        Result put = new Result("put-100", Unit.PER_SECOND);
        put.add(new Figure(24_000, 10, latency), new Figure(12_000, 40, latency));
        Result start = new Result("start-empty", Unit.MILLISECONDS);
        start.add(Figure.of(800), Figure.of(400));
        Path file = directory.resolve("report.html");
        CompareReport.page(List.of(put, start), "etcd", List.of("2 processors")).write(file);
        assertThat(Files.readString(file))
                .contains(
                        "2 processors",
                        "24,000",
                        "start-empty",
                        "<td class=\"worse\">0.50",
                        "<td class=\"better\">2.00")
                .containsPattern("(?s)(<svg.*){3}");
    }
}
