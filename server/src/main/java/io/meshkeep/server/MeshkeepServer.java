package io.meshkeep.server;

import io.meshkeep.server.auth.UsersFile;
import io.meshkeep.server.http.EtcdRoutes;
import io.meshkeep.server.metrics.Metrics;
import io.meshkeep.server.rpc.EtcdServices;
import io.meshkeep.store.AutoCompactor;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreException;
import io.meshkeep.store.StoreOptions;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An etcd server in this process. Any number may run in one JVM, each on a directory of its own. When {@link #start()}
 * returns it serves; {@link #close()} finishes what is in flight and leaves the data ready for the next start.
 *
 * <pre>{@code
 * try (MeshkeepServer etcd = MeshkeepServer.builder().dataDir(dir).listen("127.0.0.1", 0).build().start()) {
 *     Client client = Client.builder().endpoints(etcd.clientUrls().get(0)).build();
 * }
 * }</pre>
 */
public final class MeshkeepServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MeshkeepServer.class);

    private final ServerConfig config;
    private final String inProcessName = "meshkeep-" + UUID.randomUUID();
    private final CountDownLatch terminated = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile StoreException failure;

    private Store store;
    private EtcdServices services;
    private ExecutorService scrapes;
    private UsersFile usersFile;
    private Listeners listeners;

    private MeshkeepServer(ServerConfig config) {
        this.config = config;
    }

    /** Starts a server with a whole configuration. */
    public static MeshkeepServer start(ServerConfig config) throws StartException {
        return new MeshkeepServer(config).start();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Describes a server; what is not said here stays at etcd's defaults. Not thread-safe. */
    public static final class Builder {
        private final ServerConfig.Builder config = ServerConfig.builder();

        private Builder() {}

        /** Where the data lives; made if it is not there. */
        public Builder dataDir(Path directory) {
            config.dataDir(directory);
            return this;
        }

        /** Where to listen; port 0 takes a free one. */
        public Builder listen(String host, int port) {
            config.listen(host, port);
            return this;
        }

        /** Anything else; see {@link ServerConfig.Builder}. */
        public Builder configure(Consumer<ServerConfig.Builder> change) {
            change.accept(config);
            return this;
        }

        public MeshkeepServer build() {
            return new MeshkeepServer(config.build());
        }
    }

    /**
     * Opens the data and listens.
     *
     * @return this, serving
     * @throws StartException with one line that says what is in the way
     */
    public MeshkeepServer start() throws StartException {
        try {
            open();
            return this;
        } catch (StoreException e) {
            close();
            throw new StartException(e.getMessage(), e);
        } catch (StartException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void open() throws StartException {
        StoreOptions options = StoreOptions.builder()
                .unsafeNoSync(config.unsafeNoFsync())
                .initialRevision(config.initialRevision().at(Instant.now()))
                .quotaBytes(config.quotaBytes().orElse(0))
                .meshIndex(config.meshIndex())
                .compactionSlice(config.compactionBatchLimit())
                .maxWatchMessageBytes(config.maxRequestBytes() + EtcdServices.GRPC_OVERHEAD)
                .progressInterval(config.watchProgressNotifyInterval())
                .build();
        if (config.unsafeNoFsync()) {
            log.warn("writes are acknowledged without being synced (--unsafe-no-fsync): a power failure loses some");
        }
        Metrics metrics = new Metrics(config.advertisedVersion(), config.metrics() == MetricsDetail.EXTENSIVE);
        store = Store.open(config.name(), config.dataDir(), options, new StoreMeter(metrics, this::failed));
        metrics.source(new StoreFigures(store, config.quotaBytes().orElse(0)));
        try {
            services = new EtcdServices(store, config, metrics, this::advertisedUrls);
        } catch (IllegalArgumentException e) {
            throw new StartException(e.getMessage(), e);
        }
        usersFile = config.usersFile()
                .map(file -> UsersFile.follow(store, file, config.name()))
                .orElse(null);
        compactAutomatically();
        scrapes = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, config.name() + "-scrapes");
            thread.setDaemon(true);
            return thread;
        });
        listeners = new Listeners(config, services);
        listeners.open(new EtcdRoutes(new StoreHealth(store), metrics, scrapes), inProcessName);
    }

    private void compactAutomatically() {
        if (config.autoCompaction() instanceof AutoCompaction.Periodic periodic) {
            store.compactAutomatically(
                    new AutoCompactor.Periodic(periodic.retention().toNanos()));
        } else if (config.autoCompaction() instanceof AutoCompaction.Revision revision) {
            store.compactAutomatically(new AutoCompactor.Revisions(revision.retention()));
        }
    }

    private void failed(StoreException cause) {
        failure = cause;
        terminated.countDown();
    }

    private List<String> advertisedUrls() {
        return config.advertiseClientUrls().isEmpty() ? clientUrls() : config.advertiseClientUrls();
    }

    /** The client URLs served, with the ports that the system chose. */
    public List<String> clientUrls() {
        return listeners.clientUrls();
    }

    /** The port of the first client URL. */
    public int port() {
        return listeners.firstPort();
    }

    /** Where metrics and health are served beside the client port, with the ports that the system chose. */
    public List<InetSocketAddress> metricsAddresses() {
        return listeners.monitoringAddresses();
    }

    /** The name under which {@code InProcessChannelBuilder.forName} reaches this server without a network. */
    public String inProcessName() {
        return inProcessName;
    }

    /** The store behind the server. */
    public Store store() {
        return store;
    }

    /**
     * Waits until the server is closed or its disk has failed.
     *
     * @throws StoreException if the disk has failed; the server must be closed and does not serve any more
     */
    public void awaitTermination() throws InterruptedException {
        terminated.await();
        if (failure != null) {
            throw failure;
        }
    }

    /** Stops taking connections and calls, finishes what is in flight, and closes the data. Safe to call twice. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        if (listeners != null) {
            listeners.close();
        }
        if (usersFile != null) {
            usersFile.close();
        }
        if (services != null) {
            services.close();
        }
        if (store != null) {
            store.close();
        }
        if (scrapes != null) {
            scrapes.shutdownNow();
        }
        if (listeners != null) {
            listeners.closeEventLoops();
        }
        terminated.countDown();
    }
}
