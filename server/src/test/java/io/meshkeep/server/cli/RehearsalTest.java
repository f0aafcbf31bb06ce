package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.certs.cli.CertsCommand;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.SocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class RehearsalTest {
    @TempDir
    Path directory;

    @Test
    void everyCallIsAnsweredAndTheWritesAreDone() throws Exception {
        try (MeshkeepServer server = MeshkeepServer.builder()
                .dataDir(directory)
                .listen("127.0.0.1", 0)
                .build()
                .start()) {
            Rehearsal.run(server.port(), SocketFactory.getDefault());
            // a put and a transaction each round; one that is refused leaves no revision
            assertThat(server.store().snapshot().revision()).isEqualTo(1 + 2 * Rehearsal.ROUNDS);
        }
    }

    /** The server starts, admits the client and answers; otherwise this throws. */
    @ParameterizedTest
    @CsvSource({"ec-p256, sec1", "rsa-2048, pkcs1"})
    void itIsRepeatedOverTls(String key, String format) throws Exception {
        Path certificates = directory.resolve("certificates");
        List<String> line = List.of(
                "init", "--cluster-name", "x", "--dir", certificates.toString(), "--key", key, "--key-format", format);
        assertThat(CertsCommand.run(line, System.out, System.err)).isZero();
        TlsRehearsal.run(certificates, directory.resolve("data"));
        assertThat(directory.resolve("data")).isNotEmptyDirectory();
    }

    @Test
    void aServerThatDoesNotAnswerAsItShouldIsNoRehearsal() throws Exception {
        try (ServerSocket other = new ServerSocket(0)) {
            CompletableFuture<Void> answer = CompletableFuture.runAsync(() -> {
                try (Socket socket = other.accept()) {
                    socket.getInputStream().read();
                    socket.getOutputStream().write("HTTP/1.1 503 \r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            assertThatThrownBy(() -> Rehearsal.run(other.getLocalPort(), SocketFactory.getDefault()))
                    .isInstanceOf(StartException.class)
                    .hasMessageStartingWith("the rehearsal failed: ");
            answer.join();
        }
    }
}
