package io.meshkeep.loadtest.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.Recorder;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.server.MeshkeepServer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every workload runs against a real server, which also answers all of its checks. */
@Timeout(180)
class WorkloadsTest {
    @TempDir
    static Path directory;

    private static MeshkeepServer server;

    @BeforeAll
    static void start() throws Exception {
        server = MeshkeepServer.builder()
                .dataDir(directory.resolve("data"))
                .listen("127.0.0.1", 0)
                .build()
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static EtcdClient connect(int connections) {
        return EtcdClient.connect(new Endpoint("127.0.0.1", server.port()), connections);
    }

    /** All, but those whose size alone takes seconds; they share their code with others. */
    static List<Workload> all() {
        Set<String> large = Set.of("watch-fanout-10000", "keepalive-100000", "catch-up");
        return Stream.concat(
                        Workloads.all().stream().filter(workload -> !large.contains(workload.name())),
                        Stream.of(new Workload(
                                "catch-up",
                                "small",
                                2,
                                Workload.Figure.THROUGHPUT,
                                (client, seed, rate) -> CatchUp.prepare(client, seed, rate, 20, 4))))
                .toList();
    }

    @Test
    void watchersAreToldByTheClockToo() throws Exception {
        try (EtcdClient client = connect(2)) {
            long begin = System.nanoTime();
            long events = run(client, WatchFanOut.prepare(client, 1, 200, new WatchFanOut.Size(10, 2, 16, false)), 500);
            // never faster than the clock, whatever the machine
            long due = 1 + 200 * (System.nanoTime() - begin) / 1_000_000_000;
            assertThat(events).isBetween(500L, 10 * due);
        }
    }

    @Test
    void growingWorkloadsUseTheKeysOfFill() throws Exception {
        try (EtcdClient client = connect(1)) {
            new Keys(Keys.FILLED, 1).fill(client, 100);
            for (Workload workload : Workloads.overFilled(100).subList(0, 2)) {
                run(client, workload.setUp().prepare(client, 1, 0), 200);
            }
        }
    }

    /** Runs a load until it has done something; how long that takes is the machine's affair. */
    private static long run(EtcdClient client, Load load, long operations) throws Exception {
        CompletableFuture<Void> failure = new CompletableFuture<>();
        Recorder recorder = new Recorder(failure::completeExceptionally);
        client.loop().submit(() -> load.start(recorder)).get();
        while (client.loop().submit(recorder::operations).get() < operations) {
            if (failure.isDone()) {
                failure.get();
            }
            Thread.sleep(1);
        }
        client.loop().submit(load::stop).get().get(60, TimeUnit.SECONDS);
        if (failure.isDone()) {
            failure.get();
        }
        return client.loop()
                .submit(() -> recorder.takeLatency().getTotalCount())
                .get();
    }

    /** Twice, since the second run meets the keys of the first. */
    @ParameterizedTest
    @MethodSource("all")
    void runsAndRunsAgain(Workload workload) throws Exception {
        for (int i = 0; i < 2; i++) {
            try (EtcdClient client = connect(workload.connections())) {
                Load load = workload.setUp().prepare(client, 1, 0);
                assertThat(run(client, load, 200)).isGreaterThanOrEqualTo(200);
            }
        }
    }

    @Test
    void namesAreUniqueAndKnown() {
        List<String> names = Workloads.all().stream().map(Workload::name).toList();
        assertThat(names).doesNotHaveDuplicates();
        for (String name : names) {
            assertThat(Workloads.named(name).name()).isEqualTo(name);
        }
        assertThatThrownBy(() -> Workloads.named("put-2")).hasMessageContaining("put-1000");
    }

    /** Fills in a scattered order, and still puts each key once. */
    @Test
    void fillsAllKeysOnce() {
        try (EtcdClient client = connect(2)) {
            Keys keys = new Keys("fill-test", 1);
            keys.fill(client, 1000);
            RangeResponse range = client.ask(
                    KVGrpc.getRangeMethod(),
                    RangeRequest.newBuilder()
                            .setKey(keys.prefix())
                            .setRangeEnd(keys.prefixEnd())
                            .build());
            assertThat(range.getKvsList().stream().map(kv -> kv.getVersion()).collect(Collectors.toSet()))
                    .containsExactly(1L);
            assertThat(range.getCount()).isEqualTo(1000);
            assertThat(range.getKvs(0).getValue().size()).isEqualTo(Keys.VALUE_BYTES);
            keys.clear(client);
            assertThat(client.ask(
                                    KVGrpc.getRangeMethod(),
                                    RangeRequest.newBuilder()
                                            .setKey(keys.prefix())
                                            .setRangeEnd(keys.prefixEnd())
                                            .build())
                            .getCount())
                    .isZero();
        }
    }
}
