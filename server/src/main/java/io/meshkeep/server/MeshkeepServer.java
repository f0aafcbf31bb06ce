package io.meshkeep.server;

import java.util.List;
import java.util.concurrent.CountDownLatch;

/** PLACEHOLDER so that the command line compiles and can be tried; the real class replaces it on merge. */
public final class MeshkeepServer implements AutoCloseable {
    private final ServerConfig config;
    private final CountDownLatch closed = new CountDownLatch(1);

    private MeshkeepServer(ServerConfig config) {
        this.config = config;
    }

    public static MeshkeepServer start(ServerConfig config) throws StartException {
        if (config.name().equals("fails")) {
            throw new StartException("cannot start");
        }
        return new MeshkeepServer(config);
    }

    /** The client URLs served, with the ports that the system chose. */
    public List<String> clientUrls() {
        return config.listenClientUrls().stream().map(ListenUrl::toString).toList();
    }

    public void awaitTermination() throws InterruptedException {
        closed.await();
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
