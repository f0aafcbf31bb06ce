package io.meshkeep.server.http;

import io.meshkeep.server.metrics.Metrics;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** etcd's routes on a port for clients and one for monitoring, without gRPC. */
final class HttpPorts implements AutoCloseable {
    private final FakeHealth health = new FakeHealth();
    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ExecutorService slow = Executors.newSingleThreadExecutor();
    private final HttpListener clients;
    private final HttpListener monitoring;

    HttpPorts(VersionInfo version, Metrics metrics) throws IOException {
        EtcdRoutes routes = new EtcdRoutes(health, metrics, slow);
        clients = bind(
                HttpService.forClients(routes.forClients(version).build(), HttpAccess.ANYONE, HttpSettings.DEFAULT));
        monitoring = bind(HttpService.forMonitoring(routes.forMonitoring().build(), HttpSettings.DEFAULT));
    }

    private HttpListener bind(HttpService service) throws IOException {
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return HttpListener.bind(anyPort, service, group, NioServerSocketChannel.class, Optional.empty());
    }

    FakeHealth health() {
        return health;
    }

    int clients() {
        return clients.address().getPort();
    }

    int monitoring() {
        return monitoring.address().getPort();
    }

    RawClient connect() throws IOException {
        return new RawClient(clients.address());
    }

    @Override
    public void close() {
        clients.close();
        monitoring.close();
        slow.shutdownNow();
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
