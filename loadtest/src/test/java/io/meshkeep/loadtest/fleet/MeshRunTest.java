package io.meshkeep.loadtest.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.mesh.MeshShape;
import io.meshkeep.loadtest.process.ProcessAccounts;
import io.meshkeep.loadtest.report.Figure;
import io.meshkeep.loadtest.tls.MutualTls;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.TlsConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** All phases, small, on a real server over mutual TLS. */
@Timeout(300)
class MeshRunTest {
    private static final MeshShape SHAPE = new MeshShape(3, 4, 5, 600, 0);

    @TempDir
    Path directory;

    @Test
    void runsAllPhases() throws Exception {
        MutualTls tls = MutualTls.make(directory.resolve("certificates"));
        try (MeshkeepServer server = MeshkeepServer.builder()
                .dataDir(directory.resolve("data"))
                .configure(settings -> settings.listenTls(
                        "127.0.0.1", 0, TlsConfig.mutual(tls.certificate(), tls.key(), tls.authority())))
                .build()
                .start()) {
            Endpoint endpoint = new Endpoint("127.0.0.1", server.port(), Optional.of(tls.client()));
            List<String> reached = new ArrayList<>();
            Scale scale = new Scale(SHAPE, 2, 2, 200, 1, 100, 2, 500, 1);
            MeshRun run = new MeshRun(
                    endpoint,
                    Optional.of(new ProcessAccounts(ProcessHandle.current().pid())),
                    scale,
                    Duration.ofMillis(20),
                    6,
                    text -> {},
                    reached::add);

            run.run(List.of(Phase.values()));

            Map<String, Double> figures = run.figures().stream().collect(Collectors.toMap(Figure::name, Figure::value));

            assertThat(figures)
                    .containsEntry("idle/watches", 36.0)
                    .containsEntry("bootstrap/keys", (double) SHAPE.keys())
                    .containsEntry("arrive/agents", 6.0)
                    .containsEntry("storm/agents", 6.0)
                    .containsEntry("expiry/keys", 2000.0)
                    .containsEntry("delete/keys", 500.0)
                    .containsKeys(
                            "idle/resident memory per agent",
                            "arrive/all ready",
                            "churn/propagation p99.9",
                            "storm/all ready");
            assertThat(run.memory()).hasSize(2);
            assertThat(reached)
                    .hasSize(Phase.values().length)
                    .anyMatch(line -> line.startsWith("storm     all ready "));
            // the agents saw all of it, each change once, or the run would have failed
            assertThat(figures.get("churn/propagation p50")).isPositive();
            assertThat(figures.get("churn/heartbeat to all agents max")).isPositive();
        }
    }
}
