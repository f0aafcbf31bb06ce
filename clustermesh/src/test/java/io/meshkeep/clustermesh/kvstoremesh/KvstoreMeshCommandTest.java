package io.meshkeep.clustermesh.kvstoremesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said and given back when it is called wrongly or cannot do what it is asked; the rest is in EndToEndTest. */
class KvstoreMeshCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        out.reset();
        err.reset();
        return new KvstoreMeshCommand(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of())
                .run(List.of(arguments));
    }

    private String complaint() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theHelpIsShown() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("Usage:");
    }

    @Test
    void wrongCallsAreMisuse() {
        assertThat(run()).isEqualTo(2);
        assertThat(complaint()).isEqualTo("meshkeep: --cluster-name is needed\n");
        assertThat(run("status", "-o", "yaml")).isEqualTo(2);
        assertThat(complaint()).isEqualTo("meshkeep: -o takes json\n");
        assertThat(run("mirror")).isEqualTo(2);
        assertThat(complaint()).contains("does not know \"mirror\"");
    }

    @Test
    void aDirectoryThatIsNotThereIsAFailure(@TempDir Path directory) throws IOException {
        Path etcd = Files.writeString(directory.resolve("etcd.yaml"), "endpoints: [http://127.0.0.1:1]");
        assertThat(run(
                        "--cluster-name=east",
                        "--cluster-id=7",
                        "--clustermesh-config=" + directory.resolve("nowhere"),
                        "--kvstore-opt=etcd.config=" + etcd))
                .isEqualTo(1);
        assertThat(complaint()).contains("nowhere is not a directory");
    }

    @Test
    void nobodyThatAnswersIsAFailure() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertThat(run("--status", "--api-serve-addr=127.0.0.1:" + port)).isEqualTo(1);
        assertThat(complaint()).contains("no kvstoremesh answers at 127.0.0.1:" + port);
    }
}
