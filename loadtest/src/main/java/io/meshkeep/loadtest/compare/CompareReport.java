package io.meshkeep.loadtest.compare;

import io.meshkeep.loadtest.report.BarChart;
import io.meshkeep.loadtest.report.Html;
import io.meshkeep.loadtest.report.LineChart;
import io.meshkeep.loadtest.report.Numbers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** The results as a page. */
final class CompareReport {
    private static final List<Double> PERCENTILES =
            List.of(10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95, 99.99);

    private CompareReport() {}

    /** @param other what ours is compared with */
    static Html page(List<Result> results, String other, List<String> facts) {
        Map<String, Double> ratios = new LinkedHashMap<>();
        Map<String, Double> cpu = new LinkedHashMap<>();
        List<LineChart> latencies = new ArrayList<>();
        for (Result result : results) {
            ratios.put(result.workload(), result.ratio().median());
            if (result.countsCpu()) {
                cpu.put(result.workload(), 1 / result.cpuRatio().median());
            }
            if (result.hasLatency()) {
                latencies.add(latency(result, other));
            }
        }
        Html page = new Html("Meshkeep and " + other + ": bench compare")
                .facts(facts)
                .heading("Ratios")
                .text(
                        "More than 1 where Meshkeep is better, also where the figure is a latency or a size; the median of"
                                + " the rounds.")
                .plots(List.of(new BarChart("ours to " + other, ratios)));
        if (!cpu.isEmpty()) {
            page.plots(List.of(new BarChart("operations for the same server CPU, ours to " + other, cpu)));
        }
        page.heading("Figures")
                .table(head(other), results.stream().map(CompareReport::line).toList(), 2);
        if (!latencies.isEmpty()) {
            page.heading("Latencies")
                    .text(
                            "In callers' eyes, over all rounds. To the right are the few that take longest: 100 is the 99th"
                                    + " percentile, 1000 the 99.9th.")
                    .plots(latencies);
        }
        return page;
    }

    private static LineChart latency(Result result, String other) {
        return new LineChart(
                result.workload(),
                "one in so many takes longer",
                "ms",
                true,
                true,
                List.of(
                        new LineChart.Line("ours", points(result::oursLatencyMicros)),
                        new LineChart.Line(other, points(result::etcdLatencyMicros))));
    }

    private static List<LineChart.Point> points(DoubleUnaryOperator micros) {
        return PERCENTILES.stream()
                .map(percentile -> new LineChart.Point(
                        100 / (100 - percentile), Math.max(0.001, micros.applyAsDouble(percentile) / 1e3)))
                .toList();
    }

    private static List<String> head(String other) {
        return List.of(
                "workload",
                "unit",
                "ours",
                other,
                "ratio",
                "least",
                "most",
                "ours CPU us",
                other + " CPU us",
                "CPU ratio",
                "ours p99 ms",
                other + " p99 ms");
    }

    private static List<String> line(Result result) {
        boolean cpu = result.countsCpu();
        boolean latency = result.hasLatency();
        return List.of(
                result.workload(),
                result.unit().symbol(),
                Numbers.figure(result.ours().median()),
                Numbers.figure(result.etcd().median()),
                Numbers.ratio(result.ratio().median()),
                Numbers.ratio(result.ratio().least()),
                Numbers.ratio(result.ratio().most()),
                cpu ? Numbers.figure(result.oursCpuMicros()) : "",
                cpu ? Numbers.figure(result.etcdCpuMicros()) : "",
                cpu ? Numbers.ratio(result.cpuRatio().median()) : "",
                latency ? Numbers.figure(result.oursLatencyMicros(99) / 1e3) : "",
                latency ? Numbers.figure(result.etcdLatencyMicros(99) / 1e3) : "");
    }
}
