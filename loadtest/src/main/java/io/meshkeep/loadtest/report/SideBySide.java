package io.meshkeep.loadtest.report;

import io.meshkeep.loadtest.report.Figure.Better;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/**
 * Figures of one server or of several, a row for each. A figure that is added again, in another round, counts by its
 * median. Ratios are more than 1 where the first server is better. Not
 * thread-safe.
 */
public final class SideBySide {
    private final Set<String> servers = new LinkedHashSet<>();
    private final String first;
    private final String second;
    private final Map<String, Row> rows = new LinkedHashMap<>();

    private record Row(String name, String unit, Better better, Map<String, List<Double>> values) {
        double of(String server) {
            List<Double> all = values.get(server);
            if (all == null) {
                return Double.NaN;
            }
            double[] sorted = all.stream().mapToDouble(Double::doubleValue).toArray();
            Arrays.sort(sorted);
            int middle = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    /** Figures with a column for each server that comes, and no ratios. */
    public SideBySide() {
        first = "";
        second = "";
    }

    /** Figures of two servers; the first keeps the first column, and ratios are of it to the second. */
    public SideBySide(String first, String second) {
        this.first = first;
        this.second = second;
        servers.addAll(List.of(first, second));
    }

    /** Takes what one server did. */
    public void add(String server, List<Figure> figures) {
        servers.add(server);
        for (Figure figure : figures) {
            rows.computeIfAbsent(
                            figure.name(), name -> new Row(name, figure.unit(), figure.better(), new LinkedHashMap<>()))
                    .values()
                    .computeIfAbsent(server, name -> new ArrayList<>())
                    .add(figure.value());
        }
    }

    private List<String> columns() {
        return servers.stream()
                .filter(server ->
                        rows.values().stream().anyMatch(row -> row.values().containsKey(server)))
                .toList();
    }

    private boolean compares() {
        return columns().contains(first) && columns().contains(second);
    }

    private double ratio(Row row) {
        return Figure.ratio(row.better(), row.of(first), row.of(second));
    }

    /** The head of the table. */
    public List<String> head() {
        List<String> head = new ArrayList<>(List.of("figure", "unit"));
        head.addAll(columns());
        if (compares()) {
            head.add("ratio");
        }
        return head;
    }

    /** The lines of the table. */
    public List<List<String>> lines() {
        List<String> columns = columns();
        List<List<String>> lines = new ArrayList<>();
        for (Row row : rows.values()) {
            List<String> line = new ArrayList<>(List.of(row.name(), row.unit()));
            columns.forEach(server -> line.add(Numbers.figure(row.of(server))));
            if (compares()) {
                line.add(Numbers.ratio(ratio(row)));
            }
            lines.add(line);
        }
        return lines;
    }

    /** A Markdown table, which is also readable as it is. */
    public String table() {
        return MarkdownTable.of(head(), lines(), 2);
    }

    /** The ratios of all rows that have one, by name. */
    public Map<String, Double> ratios() {
        Map<String, Double> ratios = new LinkedHashMap<>();
        rows.values().forEach(row -> {
            double ratio = ratio(row);
            if (Double.isFinite(ratio)) {
                ratios.put(row.name(), ratio);
            }
        });
        return ratios;
    }

    /** A JSON list with an object for each row. */
    public String json() {
        List<String> columns = columns();
        StringJoiner list = new StringJoiner(",\n", "[\n", "\n]\n");
        for (Row row : rows.values()) {
            StringJoiner fields = new StringJoiner(", ", "  {", "}");
            fields.add("\"workload\": " + JsonText.string(row.name()));
            fields.add("\"unit\": " + JsonText.string(row.unit()));
            columns.forEach(server -> fields.add(JsonText.string(server) + ": " + JsonText.number(row.of(server))));
            if (compares()) {
                fields.add("\"ratio\": " + JsonText.number(ratio(row)));
            }
            list.add(fields.toString());
        }
        return list.toString();
    }
}
