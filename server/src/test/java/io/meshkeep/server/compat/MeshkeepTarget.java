package io.meshkeep.server.compat;

import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.StartException;
import io.meshkeep.server.TlsConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Our server, in this process. */
final class MeshkeepTarget implements Target {
    private final Path directory;
    private final int port;
    private final Consumer<ServerConfig.Builder> settings;
    private MeshkeepServer server;

    private MeshkeepTarget(Path directory, int port, Consumer<ServerConfig.Builder> settings) {
        this.directory = directory;
        this.port = port;
        this.settings = settings;
        this.server = open();
    }

    static MeshkeepTarget start() {
        return start(settings -> {});
    }

    static MeshkeepTarget start(Consumer<ServerConfig.Builder> settings) {
        try {
            return new MeshkeepTarget(Files.createTempDirectory("meshkeep"), Ports.free(), settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Like {@link #start}, with mutual TLS. */
    static MeshkeepTarget startTls(TlsConfig tls, Consumer<ServerConfig.Builder> settings) {
        int port = Ports.free();
        try {
            return new MeshkeepTarget(
                    Files.createTempDirectory("meshkeep"),
                    port,
                    settings.andThen(config -> config.listenTls("127.0.0.1", port, tls)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private MeshkeepServer open() {
        try {
            return MeshkeepServer.builder()
                    .dataDir(directory)
                    .listen("127.0.0.1", port)
                    .configure(settings)
                    .build()
                    .start();
        } catch (StartException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Kind kind() {
        return Kind.MESHKEEP;
    }

    @Override
    public String endpoint() {
        return "127.0.0.1:" + port;
    }

    @Override
    public int watchers() {
        return server.store().watches().watcherCount();
    }

    @Override
    public void stop() {
        server.close();
    }

    @Override
    public void startAgain() {
        server = open();
    }

    @Override
    public void close() {
        server.close();
        Directories.delete(directory);
    }
}
