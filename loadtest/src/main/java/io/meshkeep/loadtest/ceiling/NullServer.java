package io.meshkeep.loadtest.ceiling;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.meshkeep.server.ListenUrl;
import io.meshkeep.server.TlsConfig;
import io.meshkeep.server.direct.DirectMethods;
import io.meshkeep.server.http.Budgets;
import io.meshkeep.server.http.FirstBytesNegotiator;
import io.meshkeep.server.http.HttpAccess;
import io.meshkeep.server.http.HttpRoutes;
import io.meshkeep.server.http.HttpService;
import io.meshkeep.server.http.HttpSettings;
import io.meshkeep.server.tls.Certificates;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A server with the transport of ours, set up in the same way, and {@link NullServices} behind it. As a program it takes
 * etcd's flags, so that it can stand where a server stands; those that mean nothing to it are passed over.
 */
final class NullServer implements AutoCloseable {
    private static final Duration FIRST_BYTES = Duration.ofSeconds(10);
    private static final int MAX_MESSAGE_BYTES = 2 << 20;

    private final NullServices services = new NullServices();
    private final EventLoopGroup eventLoops;
    private final Optional<Certificates> certificates;
    private final Server server;

    NullServer(InetSocketAddress address, Optional<TlsConfig> tls) throws IOException {
        boolean epoll = Epoll.isAvailable();
        Class<? extends ServerChannel> channelType =
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        eventLoops = new MultiThreadIoEventLoopGroup(
                Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        certificates =
                tls.isPresent() ? Optional.of(new Certificates("null", tls.get(), FIRST_BYTES)) : Optional.empty();
        HttpService http =
                HttpService.forClients(HttpRoutes.builder().build(), HttpAccess.ANYONE, HttpSettings.DEFAULT);
        NettyServerBuilder builder = NettyServerBuilder.forAddress(address)
                .protocolNegotiator(new FirstBytesNegotiator(
                        http,
                        MAX_MESSAGE_BYTES,
                        Budgets.ofHeap(Runtime.getRuntime().maxMemory()),
                        DirectMethods.NONE,
                        FIRST_BYTES,
                        certificates))
                .channelType(channelType)
                .bossEventLoopGroup(eventLoops)
                .workerEventLoopGroup(eventLoops)
                .directExecutor()
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .maxInboundMessageSize(2 * MAX_MESSAGE_BYTES)
                .flowControlWindow(1 << 20);
        services.definitions().forEach(builder::addService);
        server = builder.build().start();
    }

    int port() {
        return server.getPort();
    }

    void awaitTermination() throws InterruptedException {
        server.awaitTermination();
    }

    @Override
    public void close() {
        server.shutdownNow();
        services.close();
        certificates.ifPresent(Certificates::close);
        eventLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    /** Serves until it is killed. */
    public static void main(String[] line) throws IOException, InterruptedException {
        String url = "http://127.0.0.1:2379";
        String certificate = null;
        String key = null;
        String authority = null;
        for (int i = 0; i + 1 < line.length; i++) {
            switch (line[i]) {
                case "--listen-client-urls" -> url = line[i + 1];
                case "--cert-file" -> certificate = line[i + 1];
                case "--key-file" -> key = line[i + 1];
                case "--trusted-ca-file" -> authority = line[i + 1];
                default -> {}
            }
        }
        ListenUrl listen = ListenUrl.parse(url);
        Optional<TlsConfig> tls = certificate == null || key == null || authority == null
                ? Optional.empty()
                : Optional.of(TlsConfig.mutual(Path.of(certificate), Path.of(key), Path.of(authority)));
        try (NullServer server = new NullServer(new InetSocketAddress(listen.host(), listen.port()), tls)) {
            server.awaitTermination();
        }
    }
}
