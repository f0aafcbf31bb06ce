package io.meshkeep.loadtest.compare;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.cli.Progress;
import io.meshkeep.loadtest.embedded.Disk;
import io.meshkeep.loadtest.process.Contender;
import io.meshkeep.loadtest.process.Ring;
import io.meshkeep.loadtest.report.Html;
import io.meshkeep.loadtest.report.JsonText;
import io.meshkeep.loadtest.report.Machine;
import io.meshkeep.loadtest.report.MarkdownTable;
import io.meshkeep.loadtest.report.Numbers;
import io.meshkeep.loadtest.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;

/** {@code bench ceiling}: ours beside a server that has the same transport and does nothing. */
public final class CeilingCommand {
    public static final String HELP = """
            bench ceiling: Meshkeep beside what its transport alone can do, and what the disk allows

              --quick            one round with short windows
              --rounds N         rounds (default 3, or 1 with --quick)
              --workloads A,B    only these
              --tls              mutual TLS
              --json FILE        write the results there too
              --report FILE      a page with tables and plots
            """ + Ring.HELP + """

            The other server parses requests and answers with bytes that are there already; what is put is broadcast to
            watchers as shared bytes. The disk: a record appended and fdatasync for one caller, batches of puts to
            RocksDB, each synced, for many. "of the lower" is ours as a share of the lower of the two.
            """;

    private static final Set<String> VALUES = Set.of("--rounds", "--workloads", "--json", "--report");
    private static final List<String> WORKLOADS = List.of(
            "put-100",
            "put-1000",
            "txn-create-lease",
            "range-one",
            "list-10000",
            "watch-fanout-1000",
            "keepalive",
            "put-1");
    private static final String NULL_SERVER = "io.meshkeep.loadtest.ceiling.NullServer";

    private CeilingCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException, InterruptedException {
        Arguments arguments =
                Arguments.parse(line, List.of(VALUES, Ring.VALUES), List.of(Set.of("--quick"), Ring.SWITCHES));
        boolean quick = arguments.has("--quick");
        Duration window = Duration.ofSeconds(quick ? 2 : 5);
        Comparison.Plan plan = new Comparison.Plan(
                List.of(arguments
                                .text("--workloads", String.join(",", WORKLOADS))
                                .split(","))
                        .stream()
                        .map(Workloads::named)
                        .toList(),
                0,
                arguments.count("--rounds", quick ? 1 : 3),
                window,
                window,
                1,
                1);
        Progress progress = new Progress();
        Ring ring = Ring.of(arguments, arguments.has("--tls"), progress);
        Contender alone = Contender.ours("stack", nullServer(), ring.tls());
        Contender ours = ring.ours();
        List<Result> results = new Comparison(ours, alone, plan, ring.directory(), progress).run();
        progress.moment("disk");
        Map<String, Double> disk = disk(results, ring.directory(), window);
        List<List<String>> lines = lines(results, disk);
        System.out.print(MarkdownTable.of(HEAD, lines, 2));
        if (arguments.has("--json")) {
            Files.writeString(Path.of(arguments.text("--json", "")), json(results, disk));
        }
        if (arguments.has("--report")) {
            List<String> facts = new ArrayList<>(Machine.facts(ring.directory()));
            facts.add(ours.name() + ": " + ours.version());
            Html page = CompareReport.page(results, "stack", facts)
                    .heading("Of the lower of stack and disk")
                    .table(HEAD, lines, 2);
            page.write(Path.of(arguments.text("--report", "")));
        }
    }

    /** A JVM like the launcher's. */
    private static List<String> nullServer() {
        return List.of(
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseParallelGC",
                "-XX:MaxNewSize=64m",
                "-cp",
                System.getProperty("java.class.path"),
                NULL_SERVER);
    }

    /** What the disk allows for the workloads that write, in the unit of each. */
    private static Map<String, Double> disk(List<Result> results, Path directory, Duration window) throws IOException {
        Map<String, Double> disk = new LinkedHashMap<>();
        for (Result result : results) {
            switch (result.workload()) {
                case "put-1" -> disk.put("put-1", Disk.append(directory, window).getValueAtPercentile(50) / 1e3);
                case "put-100", "txn-create-lease" -> disk.put(result.workload(), batches(directory, 100, window));
                case "put-1000" -> disk.put("put-1000", batches(directory, 1000, window));
                default -> {}
            }
        }
        return disk;
    }

    private static double batches(Path directory, int batch, Duration window) throws IOException {
        return batch * Disk.rocksDb(directory, batch, window).getTotalCount() * 1e9 / window.toNanos();
    }

    private static final List<String> HEAD = List.of(
            "workload", "unit", "ours", "stack", "disk", "of the stack", "of the lower", "CPU us", "stack CPU us");

    /** Ours as a share of the lower ceiling. */
    private static double share(Result result, Map<String, Double> disk) {
        double stack = result.ratio().median();
        Double limit = disk.get(result.workload());
        return limit == null
                ? stack
                : Math.max(stack, result.unit().ratio(result.ours().median(), limit));
    }

    private static List<List<String>> lines(List<Result> results, Map<String, Double> disk) {
        return results.stream()
                .map(result -> List.of(
                        result.workload(),
                        result.unit().symbol(),
                        Numbers.figure(result.ours().median()),
                        Numbers.figure(result.etcd().median()),
                        Numbers.figure(disk.getOrDefault(result.workload(), Double.NaN)),
                        percent(result.ratio().median()),
                        percent(share(result, disk)),
                        Numbers.figure(result.oursCpuMicros()),
                        Numbers.figure(result.etcdCpuMicros())))
                .toList();
    }

    private static String percent(double share) {
        return Math.round(100 * share) + " %";
    }

    private static String json(List<Result> results, Map<String, Double> disk) {
        StringJoiner list = new StringJoiner(",\n", "[\n", "\n]\n");
        for (Result result : results) {
            list.add(new StringJoiner(", ", "  {", "}")
                    .add("\"workload\": " + JsonText.string(result.workload()))
                    .add("\"unit\": " + JsonText.string(result.unit().symbol()))
                    .add("\"ours\": " + JsonText.number(result.ours().median()))
                    .add("\"stack\": " + JsonText.number(result.etcd().median()))
                    .add("\"disk\": " + JsonText.number(disk.getOrDefault(result.workload(), Double.NaN)))
                    .add("\"of_stack\": " + JsonText.number(result.ratio().median()))
                    .add("\"of_lower\": " + JsonText.number(share(result, disk)))
                    .toString());
        }
        return list.toString();
    }
}
