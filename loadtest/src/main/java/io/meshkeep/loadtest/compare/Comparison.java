package io.meshkeep.loadtest.compare;

import io.meshkeep.loadtest.cli.Progress;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.compare.Result.Figure;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.Measurement;
import io.meshkeep.loadtest.load.Meter;
import io.meshkeep.loadtest.process.Contender;
import io.meshkeep.loadtest.process.ServerProcess;
import io.meshkeep.loadtest.workload.Keys;
import io.meshkeep.loadtest.workload.Workload;
import io.meshkeep.loadtest.workload.Workloads;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rounds of measurements. Both servers stand side by side over all rounds, so that they are as warm as servers are, but
 * only one is under load at a time: each workload runs on the one and at once on the other, and which comes first changes
 * from workload to workload and from round to round, so that a machine that gets slower or faster does not favour one.
 * Memory and start-up are taken from servers of their own, one at a time.
 */
final class Comparison {
    /** Time for a server to finish what it does behind its answers, before its memory is looked at. */
    private static final Duration SETTLE = Duration.ofSeconds(5);

    /**
     * What is measured.
     *
     * @param footprintRounds how often memory and start-up are measured too
     * @param keys in the store when they are
     */
    record Plan(
            List<Workload> workloads,
            int footprintRounds,
            int rounds,
            Duration warmUp,
            Duration window,
            int keys,
            long seed) {}

    /** Work for a server that has just started, so that the first workload does not meet a cold one. */
    private static final List<String> WARM_UP = List.of("put-100", "range-one");

    private static final Duration WARM_UP_TIME = Duration.ofSeconds(4);

    private final Contender ours;
    private final Contender etcd;
    private final Plan plan;
    private final Path directory;
    private final Progress progress;
    private final Map<String, Result> results = new LinkedHashMap<>();

    Comparison(Contender ours, Contender etcd, Plan plan, Path directory, Progress progress) {
        this.ours = ours;
        this.etcd = etcd;
        this.plan = plan;
        this.directory = directory;
        this.progress = progress;
    }

    List<Result> run() throws IOException, InterruptedException {
        if (!plan.workloads.isEmpty()) {
            try (ServerProcess one = ServerProcess.start(ours, directory.resolve("ours"));
                    ServerProcess other = ServerProcess.start(etcd, directory.resolve("etcd"))) {
                warmUp(one);
                warmUp(other);
                for (int round = 1; round <= plan.rounds; round++) {
                    workloads(round, one, other);
                }
            }
        }
        if (plan.footprintRounds > 0) {
            // The first question of this process takes it a second, for which the first start would be charged.
            ServerProcess.start(etcd, directory.resolve("first-question")).close();
        }
        for (int round = 1; round <= plan.footprintRounds; round++) {
            footprint(round);
        }
        return new ArrayList<>(results.values());
    }

    private Result result(String workload, Unit unit) {
        return results.computeIfAbsent(workload, name -> new Result(name, unit));
    }

    private void workloads(int round, ServerProcess one, ServerProcess other) throws InterruptedException {
        int turn = round;
        for (Workload workload : plan.workloads) {
            boolean oursFirst = turn++ % 2 == 1;
            Figure first = measure(workload, oursFirst ? one : other, round);
            Figure second = measure(workload, oursFirst ? other : one, round);
            Unit unit = switch (workload.figure()) {
                case THROUGHPUT -> Unit.PER_SECOND;
                case MEDIAN_LATENCY -> Unit.MICROSECONDS;
            };
            result(workload.name(), unit).add(oursFirst ? first : second, oursFirst ? second : first);
        }
    }

    private void warmUp(ServerProcess server) throws InterruptedException {
        progress.moment("warming up %s", server.contender().name());
        for (String name : WARM_UP) {
            Workload workload = Workloads.named(name);
            try (EtcdClient client = EtcdClient.connect(server.endpoint(), workload.connections())) {
                new Meter(WARM_UP_TIME, Duration.ofSeconds(1), perSecond -> {})
                        .measure(client, workload.setUp().prepare(client, plan.seed, 0), server.accounts());
            }
        }
    }

    private Figure measure(Workload workload, ServerProcess server, int round) throws InterruptedException {
        String what = String.format(
                "round %d/%d  %-18s %-5s",
                round, plan.rounds, workload.name(), server.contender().name());
        progress.moment("%s preparing", what);
        try (EtcdClient client = EtcdClient.connect(server.endpoint(), workload.connections())) {
            Load load = workload.setUp().prepare(client, plan.seed, 0);
            Measurement measured = new Meter(
                            plan.warmUp, plan.window, perSecond -> progress.moment("%s %,12.0f/s", what, perSecond))
                    .measure(client, load, server.accounts());
            progress.reached(
                    "%s %,12.0f/s  p50 %,9.0f us  p99 %,9.0f us  server CPU %,7.1f us",
                    what,
                    measured.perSecond(),
                    measured.latencyMicros(50),
                    measured.latencyMicros(99),
                    measured.cpuMicrosPerOperation());
            double figure = switch (workload.figure()) {
                case THROUGHPUT -> measured.perSecond();
                case MEDIAN_LATENCY -> measured.latencyMicros(50);
            };
            return new Figure(figure, measured.cpuMicrosPerOperation(), measured.latency());
        }
    }

    private void footprint(int round) throws IOException, InterruptedException {
        boolean oursFirst = round % 2 == 1;
        Footprint first = footprint(oursFirst ? ours : etcd, round);
        Footprint second = footprint(oursFirst ? etcd : ours, round);
        Footprint mine = oursFirst ? first : second;
        Footprint theirs = oursFirst ? second : first;
        String keys = "-" + plan.keys;
        result("start-empty", Unit.MILLISECONDS).add(mine.startEmpty, theirs.startEmpty);
        result("start" + keys, Unit.MILLISECONDS).add(mine.startFull, theirs.startFull);
        result("rss-loaded" + keys, Unit.MEBIBYTES).add(mine.loaded, theirs.loaded);
        result("rss-restarted" + keys, Unit.MEBIBYTES).add(mine.restarted, theirs.restarted);
    }

    private record Footprint(Figure startEmpty, Figure startFull, Figure loaded, Figure restarted) {}

    private Footprint footprint(Contender contender, int round) throws IOException, InterruptedException {
        Path data = directory.resolve(contender.name() + "-footprint-" + round);
        Figure startEmpty;
        Figure loaded;
        progress.moment("round %d/%d  footprint          %-5s", round, plan.footprintRounds, contender.name());
        try (ServerProcess server = ServerProcess.start(contender, data)) {
            startEmpty = startUp(server);
            try (EtcdClient client = EtcdClient.connect(server.endpoint(), 4)) {
                new Keys("footprint", plan.seed).fill(client, plan.keys);
            }
            loaded = settledMemory(server);
        }
        try (ServerProcess server = ServerProcess.start(contender, data)) {
            Figure startFull = startUp(server);
            Figure restarted = settledMemory(server);
            progress.reached(
                    "round %d/%d  footprint          %-5s  start empty %,.0f ms, with %,d keys %,.0f ms;"
                            + "  memory loaded %,.0f MiB, restarted %,.0f MiB",
                    round,
                    plan.footprintRounds,
                    contender.name(),
                    startEmpty.figure(),
                    plan.keys,
                    startFull.figure(),
                    loaded.figure(),
                    restarted.figure());
            return new Footprint(startEmpty, startFull, loaded, restarted);
        }
    }

    private static Figure startUp(ServerProcess server) {
        return new Figure(server.startTime().toNanos() / 1e6, server.startCpu().toNanos() / 1e3, null);
    }

    private static Figure settledMemory(ServerProcess server) throws InterruptedException {
        Thread.sleep(SETTLE.toMillis());
        return Figure.of(server.accounts().memory().resident() / (double) (1 << 20));
    }
}
