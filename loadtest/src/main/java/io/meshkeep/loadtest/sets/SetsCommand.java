package io.meshkeep.loadtest.sets;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.cli.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code bench sets}: immutable sorted sets against other ways, by JMH. */
public final class SetsCommand {
    public static final String HELP = """
            bench sets: immutable sorted sets against changing an array element by element, TreeSet and a persistent tree

              --quick         less than a minute, all in one JVM; the trees, and sets of objects, at 10,000 alone
              --json FILE     write the results there
              --docs DIR      write the table and the plots there (not with --quick)
              --ops A,B       only these of insert, insert-many, delete, delete-many, difference, union
              --here          measure in this JVM instead of one with fixed options
            """;

    private static final int[] SIZES = {100, 1_000, 10_000, 100_000};
    /** The one size that a quick run does everything at. */
    private static final int MIDDLE = 10_000;

    private SetsCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException, InterruptedException {
        Arguments arguments = Arguments.parse(line, Set.of("--json", "--ops", "--docs"), Set.of("--quick", "--here"));
        List<Op> ops = new ArrayList<>();
        if (arguments.has("--ops")) {
            for (String label : arguments.text("--ops", "").split(",")) {
                ops.add(Op.of(label));
            }
        } else {
            ops.addAll(Arrays.asList(Op.values()));
        }
        boolean quick = arguments.has("--quick");
        if (quick && !arguments.has("--here")) {
            inItsOwnJvm(line);
            return;
        }
        Progress progress = new Progress();
        List<Cell> cells = quick ? quick(ops, progress) : full(ops, progress);
        progress.reached("meshkeep: measured %d operations, each at %d sizes", ops.size(), SIZES.length);
        System.out.print(Report.table(cells));
        if (arguments.has("--json")) {
            Files.writeString(Path.of(arguments.text("--json", "")), Report.json(cells));
        }
        if (!quick) {
            SmallChanges changes = SmallChanges.measure(progress);
            System.out.print(System.lineSeparator() + changes.table());
            if (arguments.has("--docs")) {
                Path directory = Path.of(arguments.text("--docs", ""));
                Files.writeString(directory.resolve("sets-table.md"), Report.table(cells) + "\n" + changes.table());
                Plot.write(cells, directory);
            }
        }
    }

    private static void inItsOwnJvm(String[] line) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + "/bin/java");
        command.addAll(Measurer.JVM_OPTIONS);
        command.add("-Dmeshkeep.terminal=" + Boolean.getBoolean("meshkeep.terminal"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.meshkeep.loadtest.Main", "sets"));
        command.addAll(Arrays.asList(line));
        command.add("--here");
        if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
            throw new IOException("the JVM for the benchmarks has failed");
        }
    }

    private static List<Cell> quick(List<Op> ops, Progress progress) {
        Measurer warmUp = new Measurer(false, 0, 2, 150);
        Measurer measurer = new Measurer(false, 2, 6, 30);
        // Work that takes seconds: a sixteenth of it, once.
        Measurer once = new Measurer(false, 0, 1, 1);
        List<Cell> cells = new ArrayList<>();
        for (Op op : ops) {
            for (Contender contender : Contender.values()) {
                progress.moment("%s: %s warms up", op.label(), contender.label());
                warmUp.nanos(SetsBenchmark.class, parameters(op, contender, SIZES[0], 1));
            }
            for (int n : SIZES) {
                boolean single = op == Op.INSERT || op == Op.DELETE;
                int parts = n > MIDDLE && !single ? 16 : 1;
                Map<Contender, Double> nanos = new EnumMap<>(Contender.class);
                for (Contender contender : Contender.values()) {
                    boolean ofNumbers = contender == Contender.NUMBERS || contender == Contender.NUMBERS_ONE_BY_ONE;
                    if (n != MIDDLE && !ofNumbers) {
                        continue;
                    }
                    progress.moment("%s of %,d: %s", op.label(), n, contender.label());
                    int part = contender.canBeSampled() ? parts : 1;
                    Measurer suitable = part > 1 ? once : measurer;
                    nanos.put(
                            contender, part * suitable.nanos(SetsBenchmark.class, parameters(op, contender, n, part)));
                }
                cells.add(new Cell(op, n, parts, nanos));
            }
        }
        return cells;
    }

    private static List<Cell> full(List<Op> ops, Progress progress) {
        Measurer measurer = new Measurer(true, 4, 5, 150);
        // Seconds an operation, and much the same one each time.
        Measurer slow = new Measurer(true, 1, 1, 1);
        List<Cell> cells = new ArrayList<>();
        for (Op op : ops) {
            for (int n : SIZES) {
                Map<Contender, Double> nanos = new EnumMap<>(Contender.class);
                for (Contender contender : Contender.values()) {
                    progress.moment("%s of %,d: %s", op.label(), n, contender.label());
                    boolean single = op == Op.INSERT || op == Op.DELETE;
                    Measurer suitable = contender.canBeSampled() && n > MIDDLE && !single ? slow : measurer;
                    nanos.put(contender, suitable.nanos(SetsBenchmark.class, parameters(op, contender, n, 1)));
                }
                cells.add(new Cell(op, n, 1, nanos));
            }
        }
        return cells;
    }

    private static Map<String, String> parameters(Op op, Contender contender, int n, int parts) {
        return Map.of(
                "op",
                op.name(),
                "contender",
                contender.name(),
                "n",
                Integer.toString(n),
                "parts",
                Integer.toString(parts));
    }
}
