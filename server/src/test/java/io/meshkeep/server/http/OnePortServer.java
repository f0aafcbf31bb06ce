package io.meshkeep.server.http;

import io.grpc.Attributes;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerTransportFilter;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A gRPC server with the health service and HTTP/1.1 on the same port. */
final class OnePortServer implements AutoCloseable {
    private final EventLoopGroup group;
    private final Server server;
    private final HttpService http;
    private final AtomicInteger endedTransports = new AtomicInteger();
    private ManagedChannel channel;

    /** @param firstBytes how long a connection may take to say what it is; gRPC's handshake gets ample time */
    OnePortServer(HttpRoute routes, HttpSettings settings, Duration firstBytes) throws IOException {
        this(routes, settings, firstBytes, Duration.ofMinutes(5), true);
    }

    OnePortServer(
            HttpRoute routes,
            HttpSettings settings,
            Duration firstBytes,
            Duration grpcHandshake,
            boolean nativeTransport)
            throws IOException {
        group = new MultiThreadIoEventLoopGroup(
                1, nativeTransport ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        Class<? extends ServerChannel> type =
                nativeTransport ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        http = HttpService.forClients(routes, HttpAccess.ANYONE, settings);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .bossEventLoopGroup(group)
                .workerEventLoopGroup(group)
                .channelType(type)
                .withOption(ChannelOption.SO_BACKLOG, 4096)
                .directExecutor()
                .protocolNegotiator(new FirstBytesNegotiator(http, 4 << 20, Budgets.ofHeap(64 << 20), firstBytes))
                .handshakeTimeout(grpcHandshake.toNanos(), TimeUnit.NANOSECONDS)
                .addTransportFilter(new ServerTransportFilter() {
                    @Override
                    public void transportTerminated(Attributes attributes) {
                        endedTransports.incrementAndGet();
                    }
                })
                .addService(new HealthStatusManager().getHealthService())
                .build()
                .start();
    }

    Server grpc() {
        return server;
    }

    HttpService http() {
        return http;
    }

    /** Connections that gRPC has done with. */
    int endedTransports() {
        return endedTransports.get();
    }

    int port() {
        return server.getPort();
    }

    RawClient connect() throws IOException {
        return new RawClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
    }

    /** A gRPC call over a connection that is kept for the next one. */
    ServingStatus checkOverGrpc() {
        if (channel == null) {
            channel = NettyChannelBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()))
                    .usePlaintext()
                    .build();
        }
        return HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus();
    }

    @Override
    public void close() throws InterruptedException {
        if (channel != null) {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        http.shutdownNow();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
