package io.meshkeep.loadtest.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.load.CpuClock;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.Measurement;
import io.meshkeep.loadtest.load.Meter;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.server.MeshkeepServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every workload runs against a real server, which also answers all of its checks. */
@Timeout(120)
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

    static List<Workload> all() {
        return Workloads.all();
    }

    /** Twice, since the second run meets the keys of the first. */
    @ParameterizedTest
    @MethodSource("all")
    void runsAndRunsAgain(Workload workload) throws Exception {
        for (int i = 0; i < 2; i++) {
            try (EtcdClient client = connect(workload.connections())) {
                Load load = workload.setUp().prepare(client, 1, 0);
                Measurement measured = new Meter(Duration.ofMillis(100), Duration.ofMillis(500), perSecond -> {})
                        .measure(client, load, CpuClock.NONE);
                assertThat(measured.operations()).isPositive();
                assertThat(measured.latency().getTotalCount()).isEqualTo(measured.operations());
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
