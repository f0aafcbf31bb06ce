package io.meshkeep.server.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the Prometheus text format, version 0.0.4, and refuses what is not: a parser written from the format's
 * description, to check the writer with.
 */
final class PrometheusText {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (\\S+)( -?\\d+)?");
    private static final Pattern LABEL =
            Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\[\\\\\"n])*)\"");
    private static final Set<String> TYPES = Set.of("counter", "gauge", "histogram", "summary", "untyped");

    /** One line of values. */
    record Sample(String name, Map<String, String> labels, double value) {}

    /** A name with all its samples. */
    record Family(String name, String type, String help, List<Sample> samples) {
        Set<String> labelNames() {
            Set<String> names = new TreeSet<>();
            samples.forEach(s -> names.addAll(s.labels().keySet()));
            if (type.equals("histogram")) {
                names.remove("le");
            }
            return names;
        }
    }

    private final Map<String, Family> families = new LinkedHashMap<>();

    private PrometheusText() {}

    /** @throws IllegalArgumentException if the text breaks the format */
    static PrometheusText parse(String text) {
        PrometheusText parsed = new PrometheusText();
        check(text.endsWith("\n"), "the last line must end in a line feed", "");
        Family current = null;
        String helpName = null;
        String help = null;
        Set<String> seriesSeen = new HashSet<>();
        for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
            if (line.startsWith("# HELP ")) {
                String[] parts = line.split(" ", 4);
                check(parts.length == 4 && NAME.matcher(parts[2]).matches(), "HELP needs a name and a text", line);
                helpName = parts[2];
                help = parts[3];
            } else if (line.startsWith("# TYPE ")) {
                String[] parts = line.split(" ");
                check(parts.length == 4 && NAME.matcher(parts[2]).matches(), "TYPE needs a name and a type", line);
                check(TYPES.contains(parts[3]), "unknown type", line);
                check(helpName == null || helpName.equals(parts[2]), "HELP of another family", line);
                current = new Family(parts[2], parts[3], help, new ArrayList<>());
                check(parsed.families.put(current.name(), current) == null, "a family must come once", line);
                helpName = null;
                help = null;
            } else {
                check(!line.isEmpty() && !line.startsWith("#"), "unexpected line", line);
                Sample sample = sample(line);
                check(current != null && belongs(sample.name(), current), "sample outside of its family", line);
                check(seriesSeen.add(sample.name() + new TreeMap<>(sample.labels())), "series given twice", line);
                current.samples().add(sample);
            }
        }
        parsed.families.values().forEach(PrometheusText::checkFamily);
        return parsed;
    }

    Map<String, Family> families() {
        return families;
    }

    /** The value of a series, given label names and values by turns. */
    double value(String name, String... labels) {
        Map<String, String> wanted = new HashMap<>();
        for (int i = 0; i < labels.length; i += 2) {
            wanted.put(labels[i], labels[i + 1]);
        }
        return families.values().stream()
                .flatMap(f -> f.samples().stream())
                .filter(s -> s.name().equals(name) && s.labels().equals(wanted))
                .mapToDouble(Sample::value)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no series " + name + wanted));
    }

    private static Sample sample(String line) {
        Matcher m = SAMPLE.matcher(line);
        check(m.matches(), "not a sample", line);
        Map<String, String> labels = new LinkedHashMap<>();
        String rest = m.group(2) == null ? "" : m.group(2);
        while (!rest.isEmpty()) {
            Matcher label = LABEL.matcher(rest);
            check(label.lookingAt(), "not a label", line);
            check(labels.put(label.group(1), label.group(2)) == null, "label given twice", line);
            rest = rest.substring(label.end());
            check(rest.isEmpty() || rest.startsWith(","), "labels need commas between them", line);
            rest = rest.isEmpty() ? rest : rest.substring(1);
        }
        return new Sample(m.group(1), labels, number(m.group(3), line));
    }

    private static double number(String s, String line) {
        return switch (s) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            case "NaN" -> Double.NaN;
            default -> {
                check(s.matches("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?"), "not a number", line);
                yield Double.parseDouble(s);
            }
        };
    }

    private static boolean belongs(String sample, Family family) {
        String name = family.name();
        return switch (family.type()) {
            case "histogram" ->
                sample.equals(name + "_bucket") || sample.equals(name + "_sum") || sample.equals(name + "_count");
            case "summary" -> sample.equals(name) || sample.equals(name + "_sum") || sample.equals(name + "_count");
            default -> sample.equals(name);
        };
    }

    private static void checkFamily(Family family) {
        check(!family.samples().isEmpty(), "a family without samples", family.name());
        for (Sample s : family.samples()) {
            check(!family.type().equals("counter") || s.value() >= 0, "a counter below zero", s.toString());
        }
        if (family.type().equals("histogram")) {
            checkHistogram(family);
        }
    }

    private static void checkHistogram(Family family) {
        Map<Map<String, String>, List<Sample>> byLabels = new LinkedHashMap<>();
        for (Sample s : family.samples()) {
            Map<String, String> labels = new HashMap<>(s.labels());
            labels.remove("le");
            byLabels.computeIfAbsent(labels, ignored -> new ArrayList<>()).add(s);
        }
        byLabels.forEach((labels, samples) -> {
            double lastBound = Double.NEGATIVE_INFINITY;
            double lastCount = 0;
            double count = -1;
            boolean sum = false;
            for (Sample s : samples) {
                if (s.name().endsWith("_bucket")) {
                    double bound = number(s.labels().get("le"), s.toString());
                    check(bound > lastBound, "bounds must ascend", s.toString());
                    check(s.value() >= lastCount, "buckets are cumulative", s.toString());
                    lastBound = bound;
                    lastCount = s.value();
                } else if (s.name().endsWith("_count")) {
                    count = s.value();
                } else {
                    sum = true;
                }
            }
            check(lastBound == Double.POSITIVE_INFINITY, "the last bound is infinity", family.name());
            check(count == lastCount && sum, "count and sum must be there and fit", family.name());
        });
    }

    private static void check(boolean condition, String problem, String where) {
        if (!condition) {
            throw new IllegalArgumentException(problem + ": " + where);
        }
    }
}
