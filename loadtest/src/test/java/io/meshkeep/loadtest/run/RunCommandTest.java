package io.meshkeep.loadtest.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.server.MeshkeepServer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RunCommandTest {
    @TempDir
    Path directory;

    @Test
    void writesItsFigures() throws Exception {
        Path json = directory.resolve("run.json");
        try (MeshkeepServer server = MeshkeepServer.builder()
                .dataDir(directory.resolve("data"))
                .listen("127.0.0.1", 0)
                .build()
                .start()) {
            RunCommand.run(new String[] {
                "range-one",
                "--endpoint",
                "127.0.0.1:" + server.port(),
                "--warm-up=1",
                "--duration=1",
                "--pid=" + ProcessHandle.current().pid(),
                "--json=" + json
            });
        }
        assertThat(Files.readString(json))
                .contains("\"range-one\"", "range-one/p50", "range-one/p99.9", "range-one/server CPU")
                .startsWith("[\n  {\"workload\": ");
    }

    @Test
    void whatIsWrongIsToldInOneLine() {
        assertThatThrownBy(() -> RunCommand.run(new String[] {})).hasMessageContaining("which workload?");
        assertThatThrownBy(() -> RunCommand.run(new String[] {"put-1", "--rat", "1"}))
                .hasMessage("unknown argument --rat");
    }
}
