package io.meshkeep.server;

import io.grpc.Attributes;
import io.grpc.Server;
import io.grpc.ServerTransportFilter;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.meshkeep.server.auth.PeerIdentity;
import io.meshkeep.server.http.Budgets;
import io.meshkeep.server.http.EtcdRoutes;
import io.meshkeep.server.http.FirstBytesNegotiator;
import io.meshkeep.server.http.HttpAccess;
import io.meshkeep.server.http.HttpListener;
import io.meshkeep.server.http.HttpRoutes;
import io.meshkeep.server.http.HttpService;
import io.meshkeep.server.http.HttpSettings;
import io.meshkeep.server.http.VersionInfo;
import io.meshkeep.server.rpc.EtcdServices;
import io.meshkeep.server.tls.Certificates;
import io.meshkeep.server.tls.SelfSigned;
import io.meshkeep.store.AuthUser;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The ports of one server, and the in-process transport: all that takes connections. */
final class Listeners implements AutoCloseable {
    /** How long calls in flight may take when the server stops. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    /** How much of it calls may take to end by themselves before they are cut. */
    private static final Duration UNCUT = Duration.ofSeconds(2);

    /** How long a connection may take to say which protocol it speaks. */
    private static final Duration FIRST_BYTES = Duration.ofSeconds(10);

    /**
     * The same with a handshake before it. Longer, since when all agents of a mesh come at once to a server that has just
     * started, their handshakes wait for each other, and one that is given up has been for nothing.
     */
    private static final Duration FIRST_BYTES_TLS = Duration.ofSeconds(30);

    /** Connections that the kernel keeps until they are accepted; it takes less if the system's limit is lower. */
    private static final int BACKLOG = 4096;

    /** A beginning of them may lie in memory for each connection. */
    private static final int MAX_METADATA_BYTES = 16 << 10;

    /**
     * Streams that a client of one connection may reset within {@link #RESET_WINDOW}, or let be reset. Whoever closes
     * thousands of watches at once stays below it; whoever opens calls only to reset them is soon above.
     */
    private static final int MAX_RESETS = 20_000;

    private static final Duration RESET_WINDOW = Duration.ofSeconds(10);

    private static final int FLOW_CONTROL_WINDOW = 1 << 20;

    private final ServerConfig config;
    private final EtcdServices services;
    private final Budgets budgets = Budgets.ofHeap(Runtime.getRuntime().maxMemory());
    private final EventLoopGroup eventLoops;
    private final Class<? extends ServerChannel> channelType;
    /** Answers SERVING for the server as a whole until it stops, as etcd's does. */
    private final HealthStatusManager health = new HealthStatusManager();

    private final List<Server> grpc = new ArrayList<>();
    private final List<FirstBytesNegotiator> negotiators = new ArrayList<>();
    private final List<HttpService> http = new ArrayList<>();
    private final List<HttpListener> monitoring = new ArrayList<>();
    private final List<String> clientUrls = new ArrayList<>();
    private Server inProcess;
    private Optional<Certificates> certificates = Optional.empty();

    Listeners(ServerConfig config, EtcdServices services) {
        this.config = config;
        this.services = services;
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory handler = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        // Half the cores: the store's own threads need the others.
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        eventLoops = new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory(config.name() + "-io", true), handler);
        channelType = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }

    /** Opens all ports of the configuration. */
    void open(EtcdRoutes routes, String inProcessName) throws StartException {
        readCertificates();
        HttpRoutes clientRoutes =
                routes.forClients(VersionInfo.of(config.advertisedVersion())).build();
        for (ListenUrl url : config.listenClientUrls()) {
            openClientPort(url, clientRoutes);
        }
        HttpRoutes monitoringRoutes = routes.forMonitoring().build();
        for (ListenUrl url : config.listenMetricsUrls()) {
            openMonitoringPort(url, monitoringRoutes);
        }
        openInProcess(inProcessName);
    }

    private void readCertificates() throws StartException {
        if (config.tls().isPresent() && config.listensOnTls()) {
            try {
                if (config.selfSignedValidity().isPresent()) {
                    SelfSigned.ensure(
                            config.tls().get(), config.selfSignedValidity().get(), selfSignedNames());
                }
                certificates =
                        Optional.of(new Certificates(config.name(), config.tls().get(), FIRST_BYTES_TLS));
            } catch (IOException e) {
                throw new StartException(e.getMessage(), e);
            }
        }
    }

    private List<String> selfSignedNames() {
        List<String> names = new ArrayList<>(List.of("localhost", "127.0.0.1", "::1"));
        for (ListenUrl url : config.listenClientUrls()) {
            if (!names.contains(url.host())) {
                names.add(url.host());
            }
        }
        return names;
    }

    private Optional<Certificates> certificatesFor(ListenUrl url) {
        return url.isTls() ? certificates : Optional.empty();
    }

    private void openClientPort(ListenUrl url, HttpRoutes routes) throws StartException {
        HttpAccess access = new HttpAccess(config.corsOrigins(), config.hostWhitelist());
        HttpService service = HttpService.forClients(routes, access, HttpSettings.DEFAULT);
        int maxMessageBytes = config.maxRequestBytes() + EtcdServices.GRPC_OVERHEAD;
        Duration firstBytes = url.isTls() ? FIRST_BYTES_TLS : FIRST_BYTES;
        FirstBytesNegotiator negotiator = new FirstBytesNegotiator(
                service, maxMessageBytes, budgets, services.directMethods(), firstBytes, certificatesFor(url));
        NettyServerBuilder builder = NettyServerBuilder.forAddress(address(url))
                .protocolNegotiator(negotiator)
                .channelType(channelType)
                .withOption(ChannelOption.SO_BACKLOG, BACKLOG)
                .bossEventLoopGroup(eventLoops)
                .workerEventLoopGroup(eventLoops)
                // handlers never block, so they need no threads of their own
                .directExecutor()
                .permitKeepAliveTime(config.grpcKeepAliveMinTime().toNanos(), TimeUnit.NANOSECONDS)
                .keepAliveTime(config.grpcKeepAliveInterval().toNanos(), TimeUnit.NANOSECONDS)
                .keepAliveTimeout(config.grpcKeepAliveTimeout().toNanos(), TimeUnit.NANOSECONDS)
                .maxConcurrentCallsPerConnection((int) Math.min(Integer.MAX_VALUE, config.maxConcurrentStreams()))
                // The negotiator refuses what is over the limit, in etcd's words; this is the net below it.
                .maxInboundMessageSize(2 * maxMessageBytes)
                .maxInboundMetadataSize(MAX_METADATA_BYTES)
                .maxRstFramesPerWindow(MAX_RESETS, (int) RESET_WINDOW.toSeconds())
                .flowControlWindow(FLOW_CONTROL_WINDOW)
                .handshakeTimeout(firstBytes.toNanos(), TimeUnit.NANOSECONDS);
        services.services().forEach(builder::addService);
        builder.addService(health.getHealthService());
        Server server =
                builder.fallbackHandlerRegistry(services.unknownMethods()).build();
        try {
            server.start();
        } catch (IOException e) {
            throw cannotListen(url, e);
        }
        grpc.add(server);
        negotiators.add(negotiator);
        http.add(service);
        clientUrls.add(url.withPort(server.getPort()).toString());
    }

    private void openMonitoringPort(ListenUrl url, HttpRoutes routes) throws StartException {
        HttpService service = HttpService.forMonitoring(routes, HttpSettings.DEFAULT);
        try {
            monitoring.add(HttpListener.bind(address(url), service, eventLoops, channelType, certificatesFor(url)));
        } catch (IOException e) {
            throw cannotListen(url, e);
        }
    }

    private void openInProcess(String name) throws StartException {
        InProcessServerBuilder builder = InProcessServerBuilder.forName(name).directExecutor();
        if (config.trustInProcess()) {
            builder.addTransportFilter(new ServerTransportFilter() {
                @Override
                public Attributes transportReady(Attributes transport) {
                    return transport.toBuilder()
                            .set(PeerIdentity.COMMON_NAME, AuthUser.ROOT)
                            .build();
                }
            });
        }
        services.services().forEach(builder::addService);
        inProcess = builder.fallbackHandlerRegistry(services.unknownMethods()).build();
        try {
            inProcess.start();
        } catch (IOException e) {
            throw new StartException("cannot start the in-process transport: " + e.getMessage(), e);
        }
    }

    private static InetSocketAddress address(ListenUrl url) throws StartException {
        try {
            return new InetSocketAddress(InetAddress.getByName(url.host()), url.port());
        } catch (UnknownHostException e) {
            throw new StartException("cannot listen on " + url + ": unknown host", e);
        }
    }

    private static StartException cannotListen(ListenUrl url, IOException e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return new StartException("cannot listen on " + url + ": " + root.getMessage(), e);
    }

    List<String> clientUrls() {
        return List.copyOf(clientUrls);
    }

    int firstPort() {
        return grpc.get(0).getPort();
    }

    List<InetSocketAddress> monitoringAddresses() {
        return monitoring.stream().map(HttpListener::address).toList();
    }

    /** Stops taking connections, gives calls in flight their time, and cuts what is left. */
    @Override
    public void close() {
        health.enterTerminalState();
        grpc.forEach(Server::shutdown);
        if (inProcess != null) {
            inProcess.shutdown();
        }
        services.endStreams();
        monitoring.forEach(HttpListener::close);
        long end = System.nanoTime() + GRACE.toNanos();
        try {
            awaitUntil(System.nanoTime() + UNCUT.toNanos());
            negotiators.forEach(FirstBytesNegotiator::cutConnections);
            grpc.forEach(Server::shutdownNow);
            if (inProcess != null) {
                inProcess.shutdownNow();
            }
            http.forEach(HttpService::shutdownNow);
            awaitUntil(end);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitUntil(long end) throws InterruptedException {
        for (Server server : grpc) {
            server.awaitTermination(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
        if (inProcess != null) {
            inProcess.awaitTermination(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
    }

    /** Ends the threads; after {@link #close}, when nothing sends any more. */
    void closeEventLoops() {
        certificates.ifPresent(Certificates::close);
        eventLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}
