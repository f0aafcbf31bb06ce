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
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
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
    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

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
    InetSocketAddress metrics(InetSocketAddress address, PrometheusRegistry registry) throws IOException {
        return listen(
                address,
                HttpRoutes.builder()
                        .exact(
                                "/metrics",
                                readOnly(() -> HttpReply.of(HttpResponseStatus.OK, METRICS, scrape(registry)))));
    }

    private static byte[] scrape(PrometheusRegistry registry) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 16);
        try {
            PrometheusTextFormatWriter.create().write(out, registry.scrape(), EscapingScheme.UNDERSCORE_ESCAPING);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.toByteArray();
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
