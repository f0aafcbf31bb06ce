package io.meshkeep.loadtest.sets;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;

/** The results as a table, which is Markdown and readable as it is, and as JSON. */
final class Report {
    private static final MathContext FOUR_DIGITS = new MathContext(4);

    private Report() {}

    static String table(List<Cell> cells) {
        StringBuilder table = new StringBuilder();
        table.append(row(
                "operation",
                "n",
                "numbers us",
                "1 by 1 us",
                "ratio",
                "objects us",
                "1 by 1 us",
                "ratio",
                "TreeSet us",
                "persist. us"));
        table.append(row("---", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:"));
        boolean sampled = false;
        for (Cell cell : cells) {
            boolean estimate = cell.baselineParts() > 1;
            sampled |= estimate;
            table.append(row(
                    cell.op().label(),
                    String.format(Locale.ROOT, "%,d", cell.n()),
                    micros(cell, Contender.NUMBERS),
                    (estimate ? "~" : "") + micros(cell, Contender.NUMBERS_ONE_BY_ONE),
                    ratio(cell, Contender.NUMBERS_ONE_BY_ONE, Contender.NUMBERS),
                    micros(cell, Contender.OBJECTS),
                    micros(cell, Contender.OBJECTS_ONE_BY_ONE),
                    ratio(cell, Contender.OBJECTS_ONE_BY_ONE, Contender.OBJECTS),
                    micros(cell, Contender.TREE_SET),
                    micros(cell, Contender.PERSISTENT)));
        }
        if (sampled) {
            table.append(System.lineSeparator())
                    .append("~ from a part of the elements, spread evenly over the operation.")
                    .append(System.lineSeparator());
        }
        return table.toString();
    }

    private static String row(Object... cells) {
        return String.format(
                Locale.ROOT, "| %-11s | %7s | %10s | %11s | %8s | %10s | %11s | %8s | %10s | %11s |%n", cells);
    }

    private static String micros(Cell cell, Contender contender) {
        if (!cell.has(contender)) {
            return "";
        }
        double micros = cell.nanos(contender) / 1e3;
        return String.format(Locale.ROOT, micros >= 100 ? "%,.0f" : micros >= 10 ? "%.1f" : "%.3f", micros);
    }

    private static String ratio(Cell cell, Contender slower, Contender faster) {
        if (!cell.has(slower) || !cell.has(faster)) {
            return "";
        }
        double ratio = cell.ratio(slower, faster);
        return String.format(Locale.ROOT, ratio >= 100 ? "%,.0f" : "%.1f", ratio);
    }

    /** {@code ns} is the form for numbers, and {@code baseline_ns} its element-by-element way. */
    static String json(List<Cell> cells) {
        StringJoiner list = new StringJoiner(",\n", "[\n", "\n]\n");
        for (Cell cell : cells) {
            StringJoiner fields = new StringJoiner(",", "  {", "}");
            fields.add("\"op\":\"" + cell.op().label() + "\"");
            fields.add("\"n\":" + cell.n());
            fields.add("\"ns\":" + number(cell.nanos(Contender.NUMBERS)));
            fields.add("\"baseline_ns\":" + number(cell.nanos(Contender.NUMBERS_ONE_BY_ONE)));
            fields.add("\"speedup\":" + number(cell.ratio(Contender.NUMBERS_ONE_BY_ONE, Contender.NUMBERS)));
            fields.add("\"baseline_part\":" + number(1.0 / cell.baselineParts()));
            if (cell.has(Contender.OBJECTS) && cell.has(Contender.OBJECTS_ONE_BY_ONE)) {
                fields.add("\"objects_ns\":" + number(cell.nanos(Contender.OBJECTS)));
                fields.add("\"objects_baseline_ns\":" + number(cell.nanos(Contender.OBJECTS_ONE_BY_ONE)));
                fields.add(
                        "\"objects_speedup\":" + number(cell.ratio(Contender.OBJECTS_ONE_BY_ONE, Contender.OBJECTS)));
            }
            if (cell.has(Contender.TREE_SET)) {
                fields.add("\"tree_set_ns\":" + number(cell.nanos(Contender.TREE_SET)));
            }
            if (cell.has(Contender.PERSISTENT)) {
                fields.add("\"persistent_ns\":" + number(cell.nanos(Contender.PERSISTENT)));
            }
            list.add(fields.toString());
        }
        return list.toString();
    }

    private static String number(double value) {
        return new BigDecimal(value).round(FOUR_DIGITS).toPlainString();
    }
}
