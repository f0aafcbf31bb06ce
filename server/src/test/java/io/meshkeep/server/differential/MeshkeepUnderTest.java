package io.meshkeep.server.differential;

import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Our server, embedded in this process. */
final class MeshkeepUnderTest implements SystemUnderTest {
    /** The least: logins are compared, not measured. */
    static final int BCRYPT_COST = 4;

    private final Path directory;
    private MeshkeepServer server;

    private MeshkeepUnderTest(Path directory) {
        this.directory = directory;
        launch();
    }

    /** Starts it on an empty store; returns when it serves. */
    static MeshkeepUnderTest start() {
        try {
            return new MeshkeepUnderTest(Files.createTempDirectory("meshkeep"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void launch() {
        try {
            server = MeshkeepServer.builder()
                    .dataDir(directory.resolve("data"))
                    .listen("127.0.0.1", 0)
                    .configure(config -> config.bcryptCost(BCRYPT_COST))
                    .build()
                    .start();
        } catch (StartException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String target() {
        return "127.0.0.1:" + server.port();
    }

    @Override
    public void restart() {
        server.close();
        launch();
    }

    @Override
    public void close() {
        server.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
