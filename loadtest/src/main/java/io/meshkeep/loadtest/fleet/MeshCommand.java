package io.meshkeep.loadtest.fleet;

import com.sun.management.UnixOperatingSystemMXBean;
import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.cli.Progress;
import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.process.Contender;
import io.meshkeep.loadtest.process.ProcessAccounts;
import io.meshkeep.loadtest.process.Ring;
import io.meshkeep.loadtest.process.ServerProcess;
import io.meshkeep.loadtest.report.BarChart;
import io.meshkeep.loadtest.report.Html;
import io.meshkeep.loadtest.report.LineChart;
import io.meshkeep.loadtest.report.Machine;
import io.meshkeep.loadtest.report.SideBySide;
import io.meshkeep.loadtest.tls.Target;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** {@code bench mesh}: the loads of a Cilium mesh. */
public final class MeshCommand {
    public static final String HELP = """
            bench mesh: what a Cilium mesh does to its server; etcd and Meshkeep one after the other, over mutual TLS

              --quick            a tenth of the mesh: 25 clusters, 30,000 keys, 500 agents; some four minutes
              --clusters N       clusters, each with 100 nodes, 100 identities, 1000 endpoints (default 250)
              --agents N         agents for each cluster: a connection with TLS, a lease, 6 watches (default 20)
              --rate N           writes a second of the churn (default 325, as in Cilium's nightly test)
              --seconds N        how long the churn takes (default 60; 10 with --quick)
              --phases A,B       only these of idle, bootstrap, arrive, churn, storm, expiry, delete, and what they need
              --rounds N         median of so many (default 1)
              --only NAME        ours or etcd
              --plaintext        without TLS
              --json FILE        write the figures there too
              --report FILE      a page with tables and plots
            """ + Ring.HELP + """

            On a server that runs, instead of starting some; it should be empty:
            """ + Target.HELP + """
              --pid PID          of that server, to account its memory and processor time

            idle       agents on an empty store, in five steps: the slope is the memory of an agent
            bootstrap  all keys, each with a lease (1000 keys a lease), through 10 writers that wait for their answers
            arrive     all agents connect at once, list the keys of their cluster in pages, and watch
            churn      writes by the clock; propagation is from when a write was due until the last agent of its
                       cluster knows; a heartbeat goes to all agents
            storm      all connections are cut, 2,000 writes are missed, all agents come back at once
            expiry     100 leases of 1,000 keys end together, while 200 puts a second go on
            delete     a prefix of 20,000 keys is deleted, with 20 watchers, while 200 puts a second go on
            """;

    private static final Set<String> VALUES = Set.of(
            "--clusters",
            "--agents",
            "--rate",
            "--seconds",
            "--phases",
            "--rounds",
            "--only",
            "--json",
            "--report",
            "--pid");
    private static final Set<String> SWITCHES = Set.of("--quick", "--plaintext");

    /** Files that this process needs beside connections. */
    private static final int OTHER_FILES = 300;

    private static final Duration SETTLE = Duration.ofSeconds(5);
    private static final int EXPIRY_SECONDS = 15;

    private MeshCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException, InterruptedException {
        Arguments arguments =
                Arguments.parse(line, List.of(VALUES, Ring.VALUES, Target.VALUES), List.of(SWITCHES, Target.SWITCHES));
        Scale scale = scale(arguments);
        List<Phase> phases =
                arguments.has("--phases") ? Phase.named(arguments.text("--phases", "")) : List.of(Phase.values());
        Progress progress = new Progress();
        Outcome outcome = new Outcome(new SideBySide("ours", "etcd"), new ArrayList<>(), new ArrayList<>());
        try {
            if (arguments.has("--endpoint")) {
                Optional<ProcessAccounts> accounts = arguments.has("--pid")
                        ? Optional.of(new ProcessAccounts(arguments.count("--pid", 1)))
                        : Optional.empty();
                run("server", Target.of(arguments), accounts, scale, phases, progress, outcome);
                outcome.facts.addAll(Machine.facts(Path.of("")));
            } else {
                besides(arguments, scale, phases, progress, outcome);
            }
        } finally {
            // Also when a server gave up under the load: what was measured until then took many minutes.
            show(arguments, scale, outcome);
        }
    }

    private static void show(Arguments arguments, Scale scale, Outcome outcome) throws IOException {
        System.out.print(outcome.figures.table());
        if (arguments.has("--json")) {
            Files.writeString(Path.of(arguments.text("--json", "")), outcome.figures.json());
        }
        if (arguments.has("--report")) {
            report(outcome, scale).write(Path.of(arguments.text("--report", "")));
        }
    }

    /** What all runs have found. */
    private record Outcome(SideBySide figures, List<LineChart.Line> memory, List<String> facts) {}

    private static Scale scale(Arguments arguments) {
        Scale usual = arguments.has("--quick") ? Scale.QUICK : Scale.NIGHTLY;
        Scale scale = usual.with(
                arguments.count("--clusters", usual.shape().clusters()),
                arguments.count("--agents", usual.agentsPerCluster()),
                arguments.count("--rate", usual.writesPerSecond()),
                arguments.count("--seconds", usual.churnSeconds()));
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                && scale.agents() + OTHER_FILES > system.getMaxFileDescriptorCount()) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "%,d agents need as many open files, and this process may open %,d: raise it with ulimit -n, or"
                            + " take fewer --agents or --clusters",
                    scale.agents(),
                    system.getMaxFileDescriptorCount()));
        }
        return scale;
    }

    private static void besides(
            Arguments arguments, Scale scale, List<Phase> phases, Progress progress, Outcome outcome)
            throws IOException, InterruptedException {
        Ring ring = Ring.of(arguments, !arguments.has("--plaintext"), progress);
        List<Contender> contenders = new ArrayList<>();
        String only = arguments.text("--only", "");
        if (!only.isEmpty() && !only.equals("ours") && !only.equals("etcd")) {
            throw new IllegalArgumentException("--only takes ours or etcd");
        }
        if (!only.equals("etcd")) {
            contenders.add(ring.ours());
        }
        if (!only.equals("ours")) {
            contenders.add(ring.etcd());
        }
        outcome.facts.addAll(Machine.facts(ring.directory()));
        outcome.facts.add(ring.tls().isPresent() ? "mutual TLS" : "cleartext");
        for (Contender contender : contenders) {
            outcome.facts.add(contender.name() + ": " + contender.version());
        }
        int rounds = arguments.count("--rounds", 1);
        for (int round = 1; round <= rounds; round++) {
            for (int i = 0; i < contenders.size(); i++) {
                // who comes first changes from round to round
                Contender contender = contenders.get((i + round - 1) % contenders.size());
                try (ServerProcess server =
                        ServerProcess.start(contender, ring.directory().resolve(contender.name() + "-" + round))) {
                    String name = rounds == 1 ? contender.name() : contender.name() + " " + round + "/" + rounds;
                    progress.reached("%s on %s", name, server.endpoint().url());
                    Optional<ProcessAccounts> accounts = Optional.of(server.accounts());
                    run(contender.name(), server.endpoint(), accounts, scale, phases, progress, outcome);
                }
            }
        }
    }

    private static void run(
            String name,
            Endpoint endpoint,
            Optional<ProcessAccounts> accounts,
            Scale scale,
            List<Phase> phases,
            Progress progress,
            Outcome outcome)
            throws InterruptedException {
        MeshRun run = new MeshRun(
                endpoint,
                accounts,
                scale,
                SETTLE,
                EXPIRY_SECONDS,
                text -> progress.moment("%-6s %s", name, text),
                text -> progress.reached("%-6s %s", name, text));
        try {
            run.run(phases);
        } finally {
            outcome.figures.add(name, run.figures());
        }
        if (!run.memory().isEmpty()
                && outcome.memory.stream().noneMatch(line -> line.server().equals(name))) {
            outcome.memory.add(new LineChart.Line(
                    name,
                    run.memory().stream()
                            .map(point -> new LineChart.Point(point.count(), point.amount() / (1 << 20)))
                            .toList()));
        }
    }

    private static Html report(Outcome outcome, Scale scale) {
        Html page = new Html("Meshkeep: bench mesh")
                .facts(outcome.facts)
                .text(String.format(
                        Locale.ROOT,
                        "%,d clusters, %,d keys, %,d agents with a connection, a lease and %d watches each.",
                        scale.shape().clusters(),
                        scale.shape().keys(),
                        scale.agents(),
                        Agent.WATCHES));
        if (!outcome.figures.ratios().isEmpty()) {
            page.heading("Ratios")
                    .text("More than 1 where Meshkeep is better, also where the figure is a latency or a size.")
                    .plots(List.of(new BarChart("ours to etcd", outcome.figures.ratios())));
        }
        if (!outcome.memory.isEmpty()) {
            page.heading("Memory of idle agents")
                    .plots(List.of(new LineChart(
                            "resident memory of the server", "idle agents", "MiB", false, false, outcome.memory)));
        }
        return page.heading("Figures").table(outcome.figures.head(), outcome.figures.lines(), 2);
    }
}
