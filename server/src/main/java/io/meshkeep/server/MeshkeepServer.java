package io.meshkeep.server;

import io.grpc.Server;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.meshkeep.server.rpc.EtcdServices;
import io.meshkeep.store.AutoCompactor;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreException;
import io.meshkeep.store.StoreOptions;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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

    /** How long calls in flight may take when the server stops. */
    private static final long GRACE_SECONDS = 5;

    private final ServerConfig config;
    private final String inProcessName = "meshkeep-" + UUID.randomUUID();
    private final CountDownLatch terminated = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile StoreException failure;

    private Store store;
    private EtcdServices services;
    private EventLoopGroup eventLoops;
    private Server inProcess;
    private final List<Server> listeners = new ArrayList<>();
    private volatile List<String> clientUrls = List.of();

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
            listen();
            return this;
        } catch (StoreException e) {
            close();
            throw new StartException(e.getMessage(), e);
        } catch (StartException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void open() {
        StoreOptions options = StoreOptions.builder()
                .unsafeNoSync(config.unsafeNoFsync())
                .initialRevision(config.initialRevision().at(Instant.now()))
                .quotaBytes(config.quotaBytes().orElse(0))
                .compactionSlice(config.compactionBatchLimit())
                .maxWatchMessageBytes(config.maxRequestBytes() + EtcdServices.GRPC_OVERHEAD)
                .progressInterval(config.watchProgressNotifyInterval())
                .build();
        if (config.unsafeNoFsync()) {
            log.warn("writes are acknowledged without being synced (--unsafe-no-fsync): a power failure loses some");
        }
        store = Store.open(config.name(), config.dataDir(), options, new StoreObserver());
        services = new EtcdServices(store, config, this::advertisedUrls);
        if (config.autoCompaction() instanceof AutoCompaction.Periodic periodic) {
            store.compactAutomatically(
                    new AutoCompactor.Periodic(periodic.retention().toNanos()));
        } else if (config.autoCompaction() instanceof AutoCompaction.Revision revision) {
            store.compactAutomatically(new AutoCompactor.Revisions(revision.retention()));
        }
    }

    private final class StoreObserver implements Store.Observer {
        @Override
        public void synced(long nanos) {}

        @Override
        public void failed(StoreException cause) {
            failure = cause;
            terminated.countDown();
        }
    }

    private void listen() throws StartException {
        boolean epoll = Epoll.isAvailable();
        // One thread serves a small pod's clients faster than two that share its cores with the store's threads.
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        eventLoops = new MultiThreadIoEventLoopGroup(
                threads, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        Class<? extends ServerChannel> channelType =
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        List<String> urls = new ArrayList<>();
        for (ListenUrl url : config.listenClientUrls()) {
            Server listener = listener(url, channelType);
            try {
                listener.start();
            } catch (IOException e) {
                throw new StartException("cannot listen on " + url + ": " + rootMessage(e), e);
            }
            listeners.add(listener);
            urls.add(url.withPort(listener.getPort()).toString());
        }
        clientUrls = List.copyOf(urls);
        InProcessServerBuilder inProcessBuilder =
                InProcessServerBuilder.forName(inProcessName).directExecutor();
        services.services().forEach(inProcessBuilder::addService);
        inProcessBuilder.fallbackHandlerRegistry(services.unknownMethods());
        inProcess = inProcessBuilder.build();
        try {
            inProcess.start();
        } catch (IOException e) {
            throw new StartException("cannot start the in-process transport: " + e, e);
        }
    }

    private Server listener(ListenUrl url, Class<? extends ServerChannel> channelType) throws StartException {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(address(url))
                .channelType(channelType)
                .bossEventLoopGroup(eventLoops)
                .workerEventLoopGroup(eventLoops)
                .directExecutor()
                .permitKeepAliveTime(config.grpcKeepAliveMinTime().toNanos(), TimeUnit.NANOSECONDS)
                .keepAliveTime(config.grpcKeepAliveInterval().toNanos(), TimeUnit.NANOSECONDS)
                .keepAliveTimeout(config.grpcKeepAliveTimeout().toNanos(), TimeUnit.NANOSECONDS)
                .maxConcurrentCallsPerConnection((int) Math.min(Integer.MAX_VALUE, config.maxConcurrentStreams()))
                // Our marshallers refuse what is over the limit in etcd's words; this is the net below them.
                .maxInboundMessageSize(2 * (config.maxRequestBytes() + EtcdServices.GRPC_OVERHEAD))
                .maxInboundMetadataSize(64 << 10)
                .flowControlWindow(1 << 20);
        services.services().forEach(builder::addService);
        builder.fallbackHandlerRegistry(services.unknownMethods());
        return builder.build();
    }

    private static SocketAddress address(ListenUrl url) throws StartException {
        try {
            return new InetSocketAddress(InetAddress.getByName(url.host()), url.port());
        } catch (UnknownHostException e) {
            throw new StartException("cannot listen on " + url + ": unknown host", e);
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage();
    }

    private List<String> advertisedUrls() {
        return config.advertiseClientUrls().isEmpty() ? clientUrls : config.advertiseClientUrls();
    }

    /** The client URLs served, with the ports that the system chose. */
    public List<String> clientUrls() {
        return clientUrls;
    }

    /** The port of the first client URL. */
    public int port() {
        return listeners.get(0).getPort();
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
        listeners.forEach(Server::shutdown);
        if (inProcess != null) {
            inProcess.shutdownNow();
        }
        try {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS);
            for (Server listener : listeners) {
                listener.awaitTermination(Math.max(0, Math.min(200_000_000L, deadline - System.nanoTime())), TimeUnit.NANOSECONDS);
                listener.shutdownNow();
                listener.awaitTermination(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (services != null) {
            services.close();
        }
        if (store != null) {
            store.close();
        }
        if (eventLoops != null) {
            eventLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
        }
        terminated.countDown();
    }
}
