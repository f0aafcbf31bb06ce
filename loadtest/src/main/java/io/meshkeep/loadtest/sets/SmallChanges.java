package io.meshkeep.loadtest.sets;

import io.meshkeep.loadtest.cli.Progress;
import io.meshkeep.loadtest.sets.SmallChangeBenchmark.What;
import java.util.Locale;
import java.util.Map;

/** What a change of 100 elements costs in large sets, in nanoseconds. */
record SmallChanges(double numbers, double numbersCopy, double objects, double objectsCopy, double chunks) {
    private static final int FLAT = 100_000;
    private static final int CHUNKED = 10_000_000;

    static SmallChanges measure(Progress progress) {
        progress.moment("small changes to large sets");
        return new SmallChanges(
                nanos(What.INSERT_INTO_NUMBERS, FLAT),
                nanos(What.COPY_NUMBERS, FLAT),
                nanos(What.INSERT_INTO_OBJECTS, FLAT),
                nanos(What.COPY_OBJECTS, FLAT),
                nanos(What.INSERT_INTO_CHUNKS, CHUNKED));
    }

    private static double nanos(What what, int n) {
        return new Measurer(true, 4, 5, 300)
                .nanos(SmallChangeBenchmark.class, Map.of("what", what.name(), "n", Integer.toString(n)));
    }

    String table() {
        StringBuilder table = new StringBuilder();
        table.append(row("100 elements inserted into", "us", "copy of the array, us", "ratio"));
        table.append(row("---", "--:", "--:", "--:"));
        table.append(row("100,000 numbers", micros(numbers), micros(numbersCopy), ratio(numbers, numbersCopy)));
        table.append(row("100,000 objects", micros(objects), micros(objectsCopy), ratio(objects, objectsCopy)));
        table.append(row("10,000,000 objects in chunks", micros(chunks), "", ""));
        return table.toString();
    }

    private static String row(String... cells) {
        return String.format(Locale.ROOT, "| %-28s | %8s | %21s | %5s |%n", (Object[]) cells);
    }

    private static String micros(double nanos) {
        return String.format(Locale.ROOT, "%.1f", nanos / 1e3);
    }

    private static String ratio(double change, double copy) {
        return String.format(Locale.ROOT, "%.2f", change / copy);
    }
}
