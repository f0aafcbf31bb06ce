package io.meshkeep.loadtest.growth;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.cli.Progress;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.load.Measurement;
import io.meshkeep.loadtest.load.Meter;
import io.meshkeep.loadtest.process.Ring;
import io.meshkeep.loadtest.process.ServerProcess;
import io.meshkeep.loadtest.report.Machine;
import io.meshkeep.loadtest.workload.Keys;
import io.meshkeep.loadtest.workload.Workload;
import io.meshkeep.loadtest.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** {@code bench growth}: the same work on stores of different sizes. */
public final class GrowthCommand {
    public static final String HELP = """
            bench growth: how the cost of put, range, list, watch and keepalive grows, for etcd and Meshkeep in turns

              --quick            10,000 and 100,000 keys, 10 to 1,000 watchers, short windows; some four minutes
              --keys A,B         keys in the store (default 10000,100000,1000000; 10000000 takes some 20 GiB of memory)
              --watchers A,B     watchers of one prefix, of 1, 10, 100, 1000, 10000 (default 10,100,1000,10000)
              --seconds N        measured for each figure (default 5, or 2 with --quick)
              --tls              mutual TLS
              --json FILE        write the figures there too
              --report FILE      a page with a table and plots
              --docs DIR         write the table and the plots, as images, there
            """ + Ring.HELP;

    private static final Set<String> VALUES =
            Set.of("--keys", "--watchers", "--seconds", "--json", "--report", "--docs");
    private static final int SEED = 1;
    private static final int CONNECTIONS = 4;
    private static final int WARM_UP_KEYS = 1000;

    private GrowthCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException, InterruptedException {
        Arguments arguments =
                Arguments.parse(line, List.of(VALUES, Ring.VALUES), List.of(Set.of("--quick"), Ring.SWITCHES));
        boolean quick = arguments.has("--quick");
        List<Integer> keys = sizes(arguments.text("--keys", quick ? "10000,100000" : "10000,100000,1000000"), "--keys");
        List<Integer> watchers =
                sizes(arguments.text("--watchers", quick ? "10,100,1000" : "10,100,1000,10000"), "--watchers");
        watchers.forEach(count -> Workloads.named("watch-fanout-" + count));
        Duration window = Duration.ofSeconds(arguments.count("--seconds", quick ? 2 : 5));
        Progress progress = new Progress();
        Ring ring = Ring.of(arguments, arguments.has("--tls"), progress);
        List<Cost> costs = new ArrayList<>();
        List<String> facts = new ArrayList<>(Machine.facts(ring.directory()));
        try (ServerProcess ours =
                        ServerProcess.start(ring.ours(), ring.directory().resolve("ours"));
                ServerProcess etcd =
                        ServerProcess.start(ring.etcd(), ring.directory().resolve("etcd"))) {
            List<ServerProcess> servers = List.of(ours, etcd);
            for (ServerProcess server : servers) {
                facts.add(server.contender().name() + ": " + server.contender().version());
            }
            warmUp(servers, window, progress);
            for (int size : keys) {
                costs.addAll(withKeys(size, servers, window, progress));
            }
            for (int count : watchers) {
                for (ServerProcess server : servers) {
                    Workload workload = Workloads.named("watch-fanout-" + count);
                    costs.add(measure(server, "watch-fanout", workload, "watchers", count, window, progress));
                }
            }
        }
        GrowthReport report = new GrowthReport(costs);
        System.out.print(report.table());
        if (arguments.has("--json")) {
            Files.writeString(Path.of(arguments.text("--json", "")), report.json());
        }
        if (arguments.has("--report")) {
            report.page(facts).write(Path.of(arguments.text("--report", "")));
        }
        if (arguments.has("--docs")) {
            Path directory = Path.of(arguments.text("--docs", ""));
            Files.writeString(directory.resolve("growth-table.md"), report.table());
            report.pngs(directory);
        }
    }

    private static List<Integer> sizes(String text, String flag) {
        try {
            List<Integer> sizes = Arrays.stream(text.split(","))
                    .map(Integer::parseInt)
                    .sorted()
                    .toList();
            if (sizes.get(0) > 0) {
                return sizes;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(flag + " needs numbers with commas, not " + text, e);
        }
        throw new IllegalArgumentException(flag + " needs positive numbers, not " + text);
    }

    /** A server that has just started would make the smallest size look dear. */
    private static void warmUp(List<ServerProcess> servers, Duration window, Progress progress)
            throws InterruptedException {
        for (ServerProcess server : servers) {
            progress.moment("warming up %s", server.contender().name());
            try (EtcdClient client = EtcdClient.connect(server.endpoint(), CONNECTIONS)) {
                new Keys(Keys.FILLED, SEED).fill(client, WARM_UP_KEYS);
            }
            for (Workload workload : Workloads.overFilled(WARM_UP_KEYS)) {
                try (EtcdClient client = EtcdClient.connect(server.endpoint(), workload.connections())) {
                    new Meter(window, window, perSecond -> {})
                            .measure(client, workload.setUp().prepare(client, SEED, 0), server.accounts());
                }
            }
        }
    }

    private static List<Cost> withKeys(int size, List<ServerProcess> servers, Duration window, Progress progress)
            throws InterruptedException {
        List<Cost> costs = new ArrayList<>();
        for (ServerProcess server : servers) {
            progress.moment("%s: putting %,d keys", server.contender().name(), size);
            try (EtcdClient client = EtcdClient.connect(server.endpoint(), CONNECTIONS)) {
                new Keys(Keys.FILLED, SEED).fill(client, size);
            }
        }
        for (Workload workload : Workloads.overFilled(size)) {
            for (ServerProcess server : servers) {
                costs.add(measure(server, workload.name(), workload, "keys", size, window, progress));
            }
        }
        return costs;
    }

    private static Cost measure(
            ServerProcess server,
            String name,
            Workload workload,
            String axis,
            int size,
            Duration window,
            Progress progress)
            throws InterruptedException {
        progress.moment("%,d %s  %s  %s", size, axis, name, server.contender().name());
        try (EtcdClient client = EtcdClient.connect(server.endpoint(), workload.connections())) {
            Measurement measured = new Meter(window, window, perSecond -> {})
                    .measure(client, workload.setUp().prepare(client, SEED, 0), server.accounts());
            progress.reached(
                    "%,11d %-8s  %-18s %-5s %,12.0f/s  p99 %,9.1f ms  server CPU %,8.1f us",
                    size,
                    axis,
                    name,
                    server.contender().name(),
                    measured.perSecond(),
                    measured.latencyMicros(99) / 1e3,
                    measured.cpuMicrosPerOperation());
            return new Cost(
                    server.contender().name(),
                    name,
                    axis,
                    size,
                    measured.perSecond(),
                    measured.latencyMicros(99) / 1e3,
                    measured.cpuMicrosPerOperation());
        }
    }
}
