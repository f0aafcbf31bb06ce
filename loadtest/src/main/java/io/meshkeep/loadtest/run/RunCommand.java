package io.meshkeep.loadtest.run;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.cli.Progress;
import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.load.CpuClock;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.Measurement;
import io.meshkeep.loadtest.load.Meter;
import io.meshkeep.loadtest.process.ProcessAccounts;
import io.meshkeep.loadtest.report.Figure;
import io.meshkeep.loadtest.report.Numbers;
import io.meshkeep.loadtest.report.SideBySide;
import io.meshkeep.loadtest.tls.Target;
import io.meshkeep.loadtest.workload.Workload;
import io.meshkeep.loadtest.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** {@code bench run}: puts one load on a server and tells its throughput and latencies. */
public final class RunCommand {
    private static final Set<String> VALUES = Set.of("--rate", "--warm-up", "--duration", "--seed", "--pid", "--json");

    private static final List<Double> PERCENTILES = List.of(50.0, 90.0, 99.0, 99.9, 100.0);
    private static final int THREADS_SHOWN = 8;

    private RunCommand() {}

    public static String help() {
        StringBuilder help = new StringBuilder("""
                bench run WORKLOAD: put one workload on a running server; it writes keys below bench/ and leaves them there

                """ + Target.HELP + """
                  --rate N           operations a second by the clock, latency counted from when each was due
                                     (default: callers that wait for their answers)
                  --warm-up S        seconds before the measurement (default 5)
                  --duration S       seconds measured (default 10)
                  --seed N           of keys, values and order (default 1)
                  --pid PID          of the server, to account its processor time, in all and by thread
                  --json FILE        write the figures there too

                Workloads:
                """);
        for (Workload workload : Workloads.all()) {
            help.append(String.format(Locale.ROOT, "  %-18s %s%n", workload.name(), workload.description()));
        }
        return help.toString();
    }

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException, InterruptedException {
        if (line.length == 0 || line[0].startsWith("-")) {
            throw new IllegalArgumentException("which workload? bench run --help lists them");
        }
        Workload workload = Workloads.named(line[0]);
        Arguments arguments = Arguments.parse(
                Arrays.copyOfRange(line, 1, line.length), List.of(VALUES, Target.VALUES), List.of(Target.SWITCHES));
        long rate = arguments.has("--rate") ? arguments.count("--rate", 1) : 0;
        CpuClock cpu = arguments.has("--pid") ? new ThreadLog(arguments.count("--pid", 1)) : CpuClock.NONE;
        Progress progress = new Progress();
        Endpoint endpoint = Target.of(arguments);
        try (EtcdClient client = EtcdClient.connect(endpoint, workload.connections())) {
            Load load = workload.setUp().prepare(client, arguments.count("--seed", 1), rate);
            Measurement measured = new Meter(
                            Duration.ofSeconds(arguments.count("--warm-up", 5)),
                            Duration.ofSeconds(arguments.count("--duration", 10)),
                            perSecond -> progress.moment("%s %,12.0f/s", workload.name(), perSecond))
                    .measure(client, load, cpu);
            print(workload, measured);
            if (cpu instanceof ThreadLog log) {
                log.print(measured);
            }
            if (arguments.has("--json")) {
                Files.writeString(Path.of(arguments.text("--json", "")), json(workload, measured, arguments));
            }
        }
    }

    /** Remembers what each thread had used at the begin and the end of the measurement. */
    private static final class ThreadLog implements CpuClock {
        private final ProcessAccounts accounts;
        private Map<String, Long> before = Map.of();
        private Map<String, Long> after = Map.of();

        ThreadLog(long pid) {
            accounts = new ProcessAccounts(pid);
        }

        @Override
        public long nanos() {
            before = after;
            after = accounts.nanosByThreadName();
            return accounts.nanos();
        }

        void print(Measurement measured) {
            System.out.printf(Locale.ROOT, "  server CPU %,.1f us an operation:%n", measured.cpuMicrosPerOperation());
            after.entrySet().stream()
                    .map(entry -> Map.entry(
                            entry.getKey(), (entry.getValue() - before.getOrDefault(entry.getKey(), 0L)) / 1e3))
                    .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                    .limit(THREADS_SHOWN)
                    .forEach(entry -> System.out.printf(
                            Locale.ROOT,
                            "    %-16s %,9.1f us%n",
                            entry.getKey(),
                            entry.getValue() / measured.operations()));
        }
    }

    private static String json(Workload workload, Measurement measured, Arguments arguments) {
        List<Figure> figures = new ArrayList<>();
        figures.add(Figure.more(workload.name(), "1/s", measured.perSecond()));
        for (double percentile : PERCENTILES) {
            figures.add(Figure.less(
                    workload.name() + "/p" + Numbers.figure(percentile), "us", measured.latencyMicros(percentile)));
        }
        if (arguments.has("--pid")) {
            figures.add(Figure.less(workload.name() + "/server CPU", "us", measured.cpuMicrosPerOperation()));
        }
        SideBySide all = new SideBySide();
        all.add("server", figures);
        return all.json();
    }

    private static void print(Workload workload, Measurement measured) {
        System.out.printf(Locale.ROOT, "%s: %,.0f/s%n", workload.name(), measured.perSecond());
        for (double percentile : PERCENTILES) {
            System.out.printf(Locale.ROOT, "  p%-5s %,12.1f us%n", percentile, measured.latencyMicros(percentile));
        }
    }
}
