package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

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
            Rehearsal.run(server.port());
            // a put and a transaction each round; one that is refused leaves no revision
            assertThat(server.store().snapshot().revision()).isEqualTo(1 + 2 * Rehearsal.ROUNDS);
        }
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
            assertThatThrownBy(() -> Rehearsal.run(other.getLocalPort()))
                    .isInstanceOf(StartException.class)
                    .hasMessageStartingWith("the rehearsal failed: ");
            answer.join();
        }
    }
}
