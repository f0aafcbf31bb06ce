package io.meshkeep.loadtest.compare;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.cli.Progress;
import io.meshkeep.loadtest.process.Contender;
import io.meshkeep.loadtest.process.Ring;
import io.meshkeep.loadtest.report.Machine;
import io.meshkeep.loadtest.workload.Workload;
import io.meshkeep.loadtest.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** {@code bench compare}: etcd and ours on this machine, in turns. */
public final class CompareCommand {
    public static final String HELP = """
            bench compare: start etcd and Meshkeep on this machine, give both the same work in turns, print ratios

              --quick                 3 rounds with short windows, memory and start-up once; under eight minutes
              --rounds N              rounds (default 5, or 3 with --quick)
              --workloads A,B         only these (see the table for names; "footprint" is memory and start-up)
              --keys N                keys in the store for memory and start-up (default 100000)
              --seed N                of keys, values and order (default 1)
              --json FILE             write the results there too
              --report FILE           a page with a table and plots
              --tls                   mutual TLS, with certificates made for the run
            """ + Ring.HELP;

    private static final String FOOTPRINT = "footprint";
    private static final Set<String> VALUES =
            Set.of("--rounds", "--workloads", "--keys", "--seed", "--json", "--report");
    private static final Set<String> SWITCHES = Set.of("--quick");

    private CompareCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException, InterruptedException {
        Arguments arguments = Arguments.parse(line, List.of(VALUES, Ring.VALUES), List.of(SWITCHES, Ring.SWITCHES));
        boolean quick = arguments.has("--quick");
        List<String> names = arguments.has("--workloads")
                ? List.of(arguments.text("--workloads", "").split(","))
                : Stream.concat(Workloads.compared().stream().map(Workload::name), Stream.of(FOOTPRINT))
                        .toList();
        Comparison.Plan plan = new Comparison.Plan(
                names.stream()
                        .filter(name -> !name.equals(FOOTPRINT))
                        .map(Workloads::named)
                        .toList(),
                names.contains(FOOTPRINT) ? arguments.count("--rounds", quick ? 1 : 5) : 0,
                arguments.count("--rounds", quick ? 3 : 5),
                Duration.ofSeconds(quick ? 2 : 5),
                Duration.ofSeconds(quick ? 3 : 10),
                arguments.count("--keys", 100_000),
                arguments.count("--seed", 1));
        Progress progress = new Progress();
        Ring ring = Ring.of(arguments, arguments.has("--tls"), progress);
        Contender ours = ring.ours();
        Contender etcd = ring.etcd();
        List<Result> results = new Comparison(ours, etcd, plan, ring.directory(), progress).run();
        System.out.print(Table.of(results));
        if (arguments.has("--json")) {
            Files.writeString(Path.of(arguments.text("--json", "")), Json.of(results));
        }
        if (arguments.has("--report")) {
            List<String> facts = new ArrayList<>(Machine.facts(ring.directory()));
            facts.add("ours: " + ours.version() + "; etcd: " + etcd.version());
            facts.add(String.format(
                    Locale.ROOT,
                    "%d rounds, windows of %d s after a warm-up of %d s, %s",
                    plan.rounds(),
                    plan.window().toSeconds(),
                    plan.warmUp().toSeconds(),
                    ring.tls().isPresent() ? "mutual TLS" : "cleartext"));
            CompareReport.page(results, "etcd", facts).write(Path.of(arguments.text("--report", "")));
        }
    }
}
