package io.meshkeep.loadtest.growth;

import io.meshkeep.loadtest.report.Html;
import io.meshkeep.loadtest.report.JsonText;
import io.meshkeep.loadtest.report.LineChart;
import io.meshkeep.loadtest.report.MarkdownTable;
import io.meshkeep.loadtest.report.Numbers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.function.ToDoubleFunction;

/** The costs as a table, as JSON and as plots. */
final class GrowthReport {
    private static final List<String> HEAD = List.of(
            "workload",
            "axis",
            "size",
            "ours 1/s",
            "etcd 1/s",
            "ratio",
            "ours p99 ms",
            "etcd p99 ms",
            "ours CPU us",
            "etcd CPU us");
    private static final int TEXTS = 2;

    private final List<Cost> costs;

    GrowthReport(List<Cost> costs) {
        this.costs = costs;
    }

    private record Place(String workload, String axis, int size) {
        static Place of(Cost cost) {
            return new Place(cost.workload(), cost.axis(), cost.size());
        }
    }

    private double of(String server, Place place, ToDoubleFunction<Cost> figure) {
        return costs.stream()
                .filter(cost -> cost.server().equals(server) && Place.of(cost).equals(place))
                .mapToDouble(figure)
                .findFirst()
                .orElse(Double.NaN);
    }

    private List<Place> places() {
        return costs.stream().map(Place::of).distinct().toList();
    }

    private List<List<String>> lines() {
        List<List<String>> lines = new ArrayList<>();
        for (Place place : places()) {
            double ours = of("ours", place, Cost::perSecond);
            double etcd = of("etcd", place, Cost::perSecond);
            lines.add(List.of(
                    place.workload(),
                    place.axis(),
                    String.format(Locale.ROOT, "%,d", place.size()),
                    Numbers.figure(ours),
                    Numbers.figure(etcd),
                    Numbers.ratio(ours / etcd),
                    Numbers.figure(of("ours", place, Cost::p99Millis)),
                    Numbers.figure(of("etcd", place, Cost::p99Millis)),
                    Numbers.figure(of("ours", place, Cost::cpuMicros)),
                    Numbers.figure(of("etcd", place, Cost::cpuMicros))));
        }
        return lines;
    }

    String table() {
        return MarkdownTable.of(HEAD, lines(), TEXTS);
    }

    String json() {
        StringJoiner list = new StringJoiner(",\n", "[\n", "\n]\n");
        for (Place place : places()) {
            double ours = of("ours", place, Cost::perSecond);
            double etcd = of("etcd", place, Cost::perSecond);
            list.add(new StringJoiner(", ", "  {", "}")
                    .add("\"workload\": " + JsonText.string(place.workload()))
                    .add(JsonText.string(place.axis()) + ": " + place.size())
                    .add("\"ours\": " + JsonText.number(ours))
                    .add("\"etcd\": " + JsonText.number(etcd))
                    .add("\"ratio\": " + JsonText.number(ours / etcd))
                    .add("\"cpu_ratio\": "
                            + JsonText.number(of("ours", place, Cost::cpuMicros) / of("etcd", place, Cost::cpuMicros)))
                    .toString());
        }
        return list.toString();
    }

    /** One plot of throughput and one of processor time for each workload. */
    List<LineChart> charts() {
        List<LineChart> charts = new ArrayList<>();
        for (String axis : costs.stream().map(Cost::axis).distinct().toList()) {
            List<String> workloads = costs.stream()
                    .filter(cost -> cost.axis().equals(axis))
                    .map(Cost::workload)
                    .distinct()
                    .toList();
            for (String workload : workloads) {
                charts.add(chart(workload, axis, "operations a second", false, Cost::perSecond));
                charts.add(chart(workload, axis, "server CPU, us an operation", false, Cost::cpuMicros));
            }
        }
        return charts;
    }

    private LineChart chart(String workload, String axis, String label, boolean logY, ToDoubleFunction<Cost> figure) {
        List<LineChart.Line> lines = new ArrayList<>();
        for (String server :
                costs.stream().map(Cost::server).distinct().sorted().toList()) {
            List<LineChart.Point> points = costs.stream()
                    .filter(cost -> cost.server().equals(server)
                            && cost.axis().equals(axis)
                            && cost.workload().equals(workload)
                            && Double.isFinite(figure.applyAsDouble(cost)))
                    .map(cost -> new LineChart.Point(cost.size(), figure.applyAsDouble(cost)))
                    .toList();
            if (!points.isEmpty()) {
                lines.add(new LineChart.Line(server, points));
            }
        }
        return new LineChart(workload, axis, label, true, logY, lines);
    }

    Html page(List<String> facts) {
        return new Html("Meshkeep: bench growth")
                .facts(facts)
                .text("How each cost grows with the keys in the store, and with the watchers of one prefix.")
                .plots(charts())
                .heading("Figures")
                .table(HEAD, lines(), TEXTS);
    }

    /** Writes each plot into a directory. */
    void pngs(Path directory) throws IOException {
        for (LineChart chart : charts()) {
            String figure = chart.yLabel().startsWith("server") ? "cpu" : "rate";
            chart.png(directory.resolve("growth-" + chart.title() + "-" + chart.xLabel() + "-" + figure + ".png"));
        }
    }
}
