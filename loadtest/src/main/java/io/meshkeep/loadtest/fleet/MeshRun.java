package io.meshkeep.loadtest.fleet;

import com.google.protobuf.ByteString;
import io.grpc.MethodDescriptor;
import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.ClosedLoop;
import io.meshkeep.loadtest.load.LoadException;
import io.meshkeep.loadtest.load.OpenLoop;
import io.meshkeep.loadtest.load.Operation;
import io.meshkeep.loadtest.load.Recorder;
import io.meshkeep.loadtest.mesh.MeshGenerator;
import io.meshkeep.loadtest.process.ProcessAccounts;
import io.meshkeep.loadtest.report.Figure;
import io.meshkeep.loadtest.report.Numbers;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.PutRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/** Puts the phases on one server, one after the other. For one thread. */
final class MeshRun {
    /** In Cilium, of one client. */
    private static final int KEYS_PER_LEASE = 1000;

    private static final int BOOTSTRAP_WRITERS = 10;
    private static final int FILLERS = 200;
    private static final long LEASE_SECONDS = 900;
    private static final int HEARTBEATS = 10;
    private static final int DELETIONS = 3;
    private static final int FOLLOWERS = 20;
    private static final int PROBES_PER_SECOND = 200;
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /** Figures of a phase that are shown as soon as it has ended. */
    private static final int SHOWN = 4;

    private final Endpoint endpoint;
    private final Optional<ProcessAccounts> accounts;
    private final Scale scale;
    private final Consumer<String> progress;
    private final Consumer<String> reached;
    private final Duration settle;
    private final int expirySeconds;
    private final List<Figure> figures = new ArrayList<>();
    private final List<Slope.Point> memory = new ArrayList<>();

    /**
     * @param accounts of the server's process, where it can be seen
     * @param progress is told what goes on, in a few words
     * @param reached is told what came out of each phase, in a line
     * @param settle time for a server to finish what it does behind its answers, before its memory is looked at
     * @param expirySeconds the time to live of leases that are to end
     */
    MeshRun(
            Endpoint endpoint,
            Optional<ProcessAccounts> accounts,
            Scale scale,
            Duration settle,
            int expirySeconds,
            Consumer<String> progress,
            Consumer<String> reached) {
        this.endpoint = endpoint;
        this.accounts = accounts;
        this.scale = scale;
        this.settle = settle;
        this.expirySeconds = expirySeconds;
        this.progress = progress;
        this.reached = reached;
    }

    private interface Step {
        void run() throws InterruptedException;
    }

    private void phase(Phase phase, List<Phase> wanted, Step step) throws InterruptedException {
        if (!wanted.contains(phase)) {
            return;
        }
        progress.accept(phase.word());
        int before = figures.size();
        step.run();
        reached.accept(String.format("%-10s", phase.word())
                + figures.subList(before, figures.size()).stream()
                        .filter(figure -> figure.better() != Figure.Better.NEITHER)
                        .limit(SHOWN)
                        .map(figure -> figure.name().substring(figure.name().indexOf('/') + 1) + " "
                                + Numbers.figure(figure.value()) + " " + figure.unit())
                        .collect(Collectors.joining(", ")));
    }

    /** Runs phases on a server that has no keys of the mesh. After a failure the figures until then are there. */
    void run(List<Phase> phases) throws InterruptedException {
        phase(Phase.IDLE, phases, this::idle);
        MeshGenerator generator = new MeshGenerator(scale.shape(), scale.seed(), false);
        phase(Phase.BOOTSTRAP, phases, () -> bootstrap(generator));
        if (phases.contains(Phase.ARRIVE)) {
            try (Fleet fleet = fleet(generator)) {
                phase(Phase.ARRIVE, phases, () -> arrive(fleet));
                phase(Phase.CHURN, phases, () -> churn(fleet, generator));
                phase(Phase.STORM, phases, () -> storm(fleet, generator));
            }
        }
        phase(Phase.EXPIRY, phases, this::expiry);
        phase(Phase.DELETE, phases, this::delete);
    }

    /** What was measured. */
    List<Figure> figures() {
        return List.copyOf(figures);
    }

    /** Resident memory of the server against idle agents; empty if it was not measured. */
    List<Slope.Point> memory() {
        return memory;
    }

    private Fleet fleet(MeshGenerator generator) {
        return new Fleet(
                endpoint,
                generator.clusterNames(),
                scale.agentsPerCluster(),
                waiting -> progress.accept(String.format("%,d agents are not ready", waiting)));
    }

    private static double millis(double nanos) {
        return nanos / 1e6;
    }

    private void latency(String name, Histogram nanos) {
        figures.add(Figure.less(name + " p50", "ms", millis(nanos.getValueAtPercentile(50))));
        figures.add(Figure.less(name + " p99", "ms", millis(nanos.getValueAtPercentile(99))));
        figures.add(Figure.less(name + " p99.9", "ms", millis(nanos.getValueAtPercentile(99.9))));
    }

    private long cpu() {
        return accounts.map(ProcessAccounts::nanos).orElse(0L);
    }

    /** @param nanos CPU that the server has used for so many things */
    private void cpu(String name, String unit, double nanos, double divisor) {
        if (accounts.isPresent()) {
            figures.add(Figure.less(name, unit, nanos / divisor));
        }
    }

    // ---- idle

    private void idle() throws InterruptedException {
        MeshGenerator names = new MeshGenerator(scale.shape(), scale.seed(), false);
        try (Fleet fleet = fleet(names)) {
            List<Slope.Point> anonymous = new ArrayList<>();
            for (int step = 1; step <= scale.idleSteps(); step++) {
                int from = fleet.size() * (step - 1) / scale.idleSteps();
                int to = fleet.size() * step / scale.idleSteps();
                fleet.connect(from, to);
                progress.accept(String.format("%,d agents are idle", to));
                Thread.sleep(settle.toMillis());
                accounts.ifPresent(process -> {
                    ProcessAccounts.Memory now = process.memory();
                    memory.add(new Slope.Point(to, now.resident()));
                    anonymous.add(new Slope.Point(to, now.anonymous()));
                });
            }
            figures.add(Figure.given("idle/connections", "", fleet.size()));
            figures.add(Figure.given("idle/watches", "", (double) fleet.size() * Agent.WATCHES));
            if (memory.size() > 1) {
                figures.add(Figure.less(
                        "idle/resident memory per agent",
                        "KiB",
                        Slope.through(memory).each() / 1024));
                figures.add(Figure.less(
                        "idle/anonymous memory per agent",
                        "KiB",
                        Slope.through(anonymous).each() / 1024));
                figures.add(Figure.less(
                        "idle/resident memory with all",
                        "MiB",
                        memory.get(memory.size() - 1).amount() / (1 << 20)));
            }
            long before = cpu();
            long begin = System.nanoTime();
            Thread.sleep(Math.max(100, 2 * settle.toMillis()));
            cpu("idle/CPU per agent", "us/s", (cpu() - before) / 1e3, (System.nanoTime() - begin) / 1e9 * fleet.size());
        }
    }

    // ---- the keys

    private void bootstrap(MeshGenerator generator) throws InterruptedException {
        progress.accept("making keys");
        List<byte[]> puts = new ArrayList<>();
        try (EtcdClient client = EtcdClient.connect(endpoint, 1)) {
            long[] lease = new long[1];
            generator.fill(change -> {
                if (puts.size() % KEYS_PER_LEASE == 0) {
                    lease[0] = grant(client, LEASE_SECONDS);
                }
                puts.add(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(change.key()))
                        .setValue(ByteString.copyFromUtf8(change.value()))
                        .setLease(lease[0])
                        .build()
                        .toByteArray());
            });
            progress.accept(String.format("putting %,d keys", puts.size()));
            long before = cpu();
            long begin = System.nanoTime();
            Histogram latency = put(client, BOOTSTRAP_WRITERS, puts.size(), i -> puts.get((int) i));
            double seconds = (System.nanoTime() - begin) / 1e9;
            figures.add(Figure.given("bootstrap/keys", "", puts.size()));
            figures.add(Figure.less("bootstrap/time", "s", seconds));
            figures.add(Figure.more("bootstrap/puts", "1/s", puts.size() / seconds));
            latency("bootstrap/put", latency);
            cpu("bootstrap/CPU per put", "us", (cpu() - before) / 1e3, puts.size());
            // so that a synced key of each cluster is there, as it is when a cluster is whole
            List<String> clusters = generator.clusterNames();
            put(
                    client,
                    BOOTSTRAP_WRITERS,
                    clusters.size(),
                    i -> PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("cilium/synced/" + clusters.get((int) i) + "/nodes"))
                            .setValue(ByteString.copyFromUtf8("2026-01-01T00:00:00Z"))
                            .build()
                            .toByteArray());
        }
    }

    private static long grant(EtcdClient client, long seconds) {
        return client.ask(
                        LeaseGrpc.getLeaseGrantMethod(),
                        LeaseGrantRequest.newBuilder().setTTL(seconds).build())
                .getID();
    }

    private static Histogram put(EtcdClient client, int callers, int count, LongFunction<byte[]> requests) {
        return ClosedLoop.run(client, new Puts(requests), Math.min(callers, count), count);
    }

    /** Puts, by their number. */
    private static final class Puts implements Operation<byte[]> {
        private final LongFunction<byte[]> requests;
        private long next;

        Puts(LongFunction<byte[]> requests) {
            this.requests = requests;
        }

        @Override
        public MethodDescriptor<byte[], byte[]> method() {
            return Rpcs.PUT;
        }

        @Override
        public byte[] request() {
            return requests.apply(next++);
        }

        @Override
        public void check(byte[] answer) {}
    }

    // ---- agents

    private void arrive(Fleet fleet) throws InterruptedException {
        long before = cpu();
        arrived("arrive", fleet.connect(0, fleet.size()), cpu() - before, fleet.size());
    }

    private void arrived(String name, Fleet.Arrival arrival, long cpu, int agents) {
        figures.add(Figure.given(name + "/agents", "", agents));
        figures.add(Figure.less(name + "/all ready", "s", arrival.nanos() / 1e9));
        figures.add(
                Figure.less(name + "/an agent ready p50", "s", arrival.each().getValueAtPercentile(50) / 1e9));
        figures.add(
                Figure.less(name + "/an agent ready p99", "s", arrival.each().getValueAtPercentile(99) / 1e9));
        figures.add(Figure.given(name + "/connections tried again", "", arrival.retries()));
        cpu(name + "/CPU per agent", "ms", cpu / 1e6, agents);
    }

    private void churn(Fleet fleet, MeshGenerator generator) throws InterruptedException {
        long rate = scale.writesPerSecond();
        progress.accept(String.format("%,d writes a second, warm-up", rate));
        fleet.change(generator, rate, Math.max(1, rate * scale.churnSeconds() / 10));
        progress.accept(String.format("%,d writes a second", rate));
        long before = cpu();
        long begin = System.nanoTime();
        long writes = rate * scale.churnSeconds();
        Fleet.Changes changes = fleet.change(generator, rate, writes);
        double seconds = (System.nanoTime() - begin) / 1e9;
        long used = cpu() - before;
        figures.add(Figure.given("churn/writes", "1/s", writes / seconds));
        latency("churn/write", changes.answers());
        latency("churn/propagation", changes.propagation());
        cpu("churn/CPU of the server", "%", used / 1e7, seconds);
        cpu("churn/CPU per event", "us", used / 1e3, (double) writes * scale.agentsPerCluster());
        cpu("churn/CPU per agent", "us/s", used / 1e3, seconds * fleet.size());
        progress.accept("heartbeats");
        Histogram beats = fleet.beat(HEARTBEATS);
        figures.add(Figure.less("churn/heartbeat to all agents p50", "ms", millis(beats.getValueAtPercentile(50))));
        figures.add(Figure.less("churn/heartbeat to all agents max", "ms", millis(beats.getMaxValue())));
        accounts.ifPresent(process -> figures.add(
                Figure.less("churn/resident memory", "MiB", process.memory().resident() / (double) (1 << 20))));
    }

    private void storm(Fleet fleet, MeshGenerator generator) throws InterruptedException {
        progress.accept("connections are cut");
        fleet.disconnect();
        fleet.change(generator, Math.max(1000, scale.writesPerSecond()), scale.missedWrites());
        Thread.sleep(settle.toMillis());
        long before = cpu();
        arrived("storm", fleet.connect(0, fleet.size()), cpu() - before, fleet.size());
        accounts.ifPresent(process -> figures.add(
                Figure.less("storm/resident memory", "MiB", process.memory().resident() / (double) (1 << 20))));
    }

    // ---- many keys that go

    private void expiry() throws InterruptedException {
        int leases = scale.expiringLeases();
        int keys = leases * KEYS_PER_LEASE;
        KeyPrefix prefix = KeyPrefix.of("bench/expiry/");
        try (EtcdClient client = EtcdClient.connect(endpoint, 4)) {
            progress.accept(String.format("%,d leases with %,d keys", leases, keys));
            List<Long> ids = new ArrayList<>();
            for (int i = 0; i < leases; i++) {
                ids.add(grant(client, expirySeconds));
            }
            List<Follower> followers = followers(client, prefix, keys);
            byte[] value = new byte[200];
            Renewals renewals = Renewals.every(Duration.ofMillis(expirySeconds * 1000L / 3), client, ids);
            put(client, FILLERS, keys, i -> leased(prefix, i, value, ids.get((int) (i / KEYS_PER_LEASE))));
            long end = renewals.last() + TimeUnit.SECONDS.toNanos(expirySeconds);
            progress.accept("waiting for leases to end");
            Probe probe = Probe.start(client, "expiry");
            long before = cpu();
            await(followers);
            long used = cpu() - before;
            Histogram stalls = probe.stop();
            long last = followers.stream().mapToLong(Follower::last).max().orElseThrow();
            long first = followers.stream().mapToLong(Follower::first).min().orElseThrow();
            figures.add(Figure.given("expiry/keys", "", keys));
            figures.add(Figure.less("expiry/from due to all know", "s", (last - end) / 1e9));
            figures.add(Figure.given("expiry/from first to last deletion", "s", (last - first) / 1e9));
            figures.add(Figure.less("expiry/puts meanwhile p99", "ms", millis(stalls.getValueAtPercentile(99))));
            figures.add(Figure.less("expiry/puts meanwhile max", "ms", millis(stalls.getMaxValue())));
            cpu("expiry/CPU per key", "us", used / 1e3, keys);
        }
    }

    private static byte[] leased(KeyPrefix prefix, long number, byte[] value, long lease) {
        return PutRequest.newBuilder()
                .setKey(prefix.start().concat(ByteString.copyFromUtf8(String.format("%08d", number))))
                .setValue(ByteString.copyFrom(value))
                .setLease(lease)
                .build()
                .toByteArray();
    }

    private void delete() throws InterruptedException {
        KeyPrefix prefix = KeyPrefix.of("bench/delete/");
        Histogram answers = Recorder.newHistogram();
        Histogram known = Recorder.newHistogram();
        Histogram stalls = Recorder.newHistogram();
        long used = 0;
        for (int round = 0; round < DELETIONS; round++) {
            progress.accept(String.format("deleting %,d keys, %d of %d", scale.deletedKeys(), round + 1, DELETIONS));
            try (EtcdClient client = EtcdClient.connect(endpoint, 4)) {
                byte[] value = new byte[200];
                put(client, FILLERS, scale.deletedKeys(), i -> leased(prefix, i, value, 0));
                List<Follower> followers = followers(client, prefix, scale.deletedKeys());
                Probe probe = Probe.start(client, "delete");
                Thread.sleep(settle.toMillis() / 2);
                long before = cpu();
                long begin = System.nanoTime();
                long deleted = client.ask(
                                KVGrpc.getDeleteRangeMethod(),
                                DeleteRangeRequest.newBuilder()
                                        .setKey(prefix.start())
                                        .setRangeEnd(prefix.end())
                                        .build())
                        .getDeleted();
                answers.recordValue(System.nanoTime() - begin);
                if (deleted != scale.deletedKeys()) {
                    throw new LoadException(deleted + " keys were deleted instead of " + scale.deletedKeys(), null);
                }
                await(followers);
                used += cpu() - before;
                known.recordValue(
                        followers.stream().mapToLong(Follower::last).max().orElseThrow() - begin);
                stalls.add(probe.stop());
            }
        }
        figures.add(Figure.given("delete/keys", "", scale.deletedKeys()));
        figures.add(Figure.less("delete/answered", "ms", millis(answers.getValueAtPercentile(50))));
        figures.add(Figure.less("delete/all watchers know", "ms", millis(known.getValueAtPercentile(50))));
        figures.add(Figure.less("delete/puts meanwhile max", "ms", millis(stalls.getMaxValue())));
        cpu("delete/CPU per key", "us", used / 1e3, (double) scale.deletedKeys() * DELETIONS);
    }

    private static List<Follower> followers(EtcdClient client, KeyPrefix prefix, long deletions)
            throws InterruptedException {
        List<Follower> followers = new ArrayList<>();
        for (int i = 0; i < FOLLOWERS; i++) {
            followers.add(Follower.follow(client, i % client.connections(), prefix, deletions));
        }
        awaitAll(followers.stream().map(Follower::created).toList());
        return followers;
    }

    private static void await(List<Follower> followers) throws InterruptedException {
        awaitAll(followers.stream().map(Follower::gone).toList());
    }

    private static void awaitAll(List<CompletableFuture<Void>> all) throws InterruptedException {
        try {
            CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]))
                    .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new LoadException(String.valueOf(e.getCause().getMessage()), e.getCause());
        } catch (TimeoutException e) {
            throw new LoadException("watchers were not told of all deletions in " + LIMIT.toMinutes() + " minutes", e);
        }
    }

    /** Puts one key again and again, by the clock, to see whether the server stalls. */
    private static final class Probe {
        private final EtcdClient client;
        private final OpenLoop<byte[]> loop;
        private final Recorder recorder;
        private final CompletableFuture<Void> failure = new CompletableFuture<>();

        private Probe(EtcdClient client, String name) {
            this.client = client;
            byte[] put = PutRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8("bench/probe/" + name))
                    .build()
                    .toByteArray();
            loop = new OpenLoop<>(client, new Puts(i -> put), PROBES_PER_SECOND, 10_000);
            recorder = new Recorder(failure::completeExceptionally);
        }

        static Probe start(EtcdClient client, String name) {
            Probe probe = new Probe(client, name);
            client.loop().execute(() -> probe.loop.start(probe.recorder));
            return probe;
        }

        /** The latencies from when each was due, in nanoseconds. */
        Histogram stop() throws InterruptedException {
            CompletableFuture<Void> ended = new CompletableFuture<>();
            client.loop().execute(() -> loop.stop().whenComplete((done, error) -> ended.complete(null)));
            CompletableFuture<Histogram> latencies = new CompletableFuture<>();
            CompletableFuture.anyOf(ended, failure)
                    .whenComplete((done, error) -> client.loop().execute(() -> {
                        if (error != null) {
                            latencies.completeExceptionally(error);
                        } else {
                            latencies.complete(recorder.takeLatency());
                        }
                    }));
            try {
                return latencies.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                throw new LoadException(String.valueOf(e.getCause().getMessage()), e.getCause());
            } catch (TimeoutException e) {
                throw new LoadException("puts were not answered in " + LIMIT.toMinutes() + " minutes", e);
            }
        }
    }
}
