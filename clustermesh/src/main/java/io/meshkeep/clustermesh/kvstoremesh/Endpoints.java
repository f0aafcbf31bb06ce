package io.meshkeep.clustermesh.kvstoremesh;

import io.meshkeep.server.http.HttpListener;
import io.meshkeep.server.http.HttpReply;
import io.meshkeep.server.http.HttpRoute;
import io.meshkeep.server.http.HttpRoutes;
import io.meshkeep.server.http.HttpService;
import io.meshkeep.server.http.HttpSettings;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What KVStoreMesh answers over HTTP, on the ports that Cilium's has: {@code /readyz} for probes, the status of the
 * clusters, and metrics. Thread-safe.
 */
final class Endpoints implements AutoCloseable {
    private static final String JSON = "application/json";

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("kvstoremesh-http", true), NioIoHandler.newFactory());
    private final List<HttpListener> listeners = new ArrayList<>();

    /**
     * Listens for probes.
     *
     * @return the address, with the port that was picked
     */
    InetSocketAddress health(InetSocketAddress address, KvstoreMesh mesh) throws IOException {
        return listen(
                address,
                HttpRoutes.builder()
                        .exact(
                                "/readyz",
                                readOnly(() -> mesh.isReady()
                                        ? text(HttpResponseStatus.OK, "Ready")
                                        : text(HttpResponseStatus.INTERNAL_SERVER_ERROR, "NotReady"))));
    }

    /** Listens for those who ask for the status. */
    InetSocketAddress status(InetSocketAddress address, KvstoreMesh mesh) throws IOException {
        return listen(
                address,
                HttpRoutes.builder()
                        .exact(
                                "/v1/cluster",
                                readOnly(() ->
                                        HttpReply.of(HttpResponseStatus.OK, JSON, StatusOutput.json(mesh.status())))));
    }

    /** Listens for Prometheus. */
    InetSocketAddress metrics(InetSocketAddress address, MeshMetrics metrics) throws IOException {
        return listen(
                address,
                HttpRoutes.builder()
                        .exact(
                                "/metrics",
                                readOnly(() -> HttpReply.of(
                                        HttpResponseStatus.OK, MeshMetrics.CONTENT_TYPE, metrics.scrape()))));
    }

    private static HttpReply text(HttpResponseStatus status, String body) {
        return HttpReply.of(status, "text/plain; charset=utf-8", body.getBytes(StandardCharsets.UTF_8));
    }

    private static HttpRoute readOnly(Supplier<HttpReply> reply) {
        return call -> CompletableFuture.completedFuture(
                call.method().equals("GET") || call.method().equals("HEAD")
                        ? reply.get()
                        : HttpReply.methodNotAllowed("GET"));
    }

    private InetSocketAddress listen(InetSocketAddress address, HttpRoutes.Builder routes) throws IOException {
        HttpListener listener = HttpListener.bind(
                address,
                HttpService.forMonitoring(routes.build(), HttpSettings.DEFAULT),
                loop,
                NioServerSocketChannel.class,
                Optional.empty());
        listeners.add(listener);
        return listener.address();
    }

    @Override
    public void close() {
        listeners.forEach(HttpListener::close);
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}
