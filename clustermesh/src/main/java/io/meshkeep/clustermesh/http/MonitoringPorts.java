package io.meshkeep.clustermesh.http;

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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The ports for probes, for Prometheus and for who asks for a status, as Cilium's containers have them. Thread-safe. */
public final class MonitoringPorts implements AutoCloseable {
    private static final String PLAIN = "text/plain; charset=utf-8";
    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("clustermesh-http", true), NioIoHandler.newFactory());
    private final List<HttpListener> listeners = new CopyOnWriteArrayList<>();

    /**
     * Answers probes, with Cilium's words.
     *
     * @return the address, with the port that was picked
     * @throws IOException with one line for the user, if the port cannot be had; as with the others
     */
    public InetSocketAddress health(InetSocketAddress address, BooleanSupplier isReady) throws IOException {
        return listen(
                address,
                "/readyz",
                () -> isReady.getAsBoolean()
                        ? text(HttpResponseStatus.OK, "Ready")
                        : text(HttpResponseStatus.INTERNAL_SERVER_ERROR, "NotReady"));
    }

    /** Answers Prometheus. */
    public InetSocketAddress metrics(InetSocketAddress address, PrometheusRegistry registry) throws IOException {
        PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
        return listen(address, "/metrics", () -> {
            ByteArrayOutputStream text = new ByteArrayOutputStream(16 << 10);
            try {
                writer.write(text, registry.scrape(), EscapingScheme.UNDERSCORE_ESCAPING);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return HttpReply.of(HttpResponseStatus.OK, METRICS, text.toByteArray());
        });
    }

    /** Answers one path with JSON that is made for each call. */
    public InetSocketAddress json(InetSocketAddress address, String path, Supplier<byte[]> json) throws IOException {
        return listen(address, path, () -> HttpReply.of(HttpResponseStatus.OK, "application/json", json.get()));
    }

    private static HttpReply text(HttpResponseStatus status, String text) {
        return HttpReply.of(status, PLAIN, text.getBytes(StandardCharsets.UTF_8));
    }

    private InetSocketAddress listen(InetSocketAddress address, String path, Supplier<HttpReply> reply)
            throws IOException {
        HttpRoute route = call -> CompletableFuture.completedFuture(
                call.method().equals("GET") || call.method().equals("HEAD")
                        ? reply.get()
                        : HttpReply.methodNotAllowed("GET"));
        HttpListener listener = HttpListener.bind(
                address,
                HttpService.forMonitoring(
                        HttpRoutes.builder().exact(path, route).build(), HttpSettings.DEFAULT),
                loop,
                NioServerSocketChannel.class,
                Optional.empty());
        listeners.add(listener);
        return listener.address();
    }

    /**
     * An address as Go takes it: {@code host:port}, or {@code :port} for all addresses.
     *
     * @throws IOException with one line for the user
     */
    public static InetSocketAddress address(String text) throws IOException {
        int colon = text.lastIndexOf(':');
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            String host = colon < 0 ? "" : text.substring(0, colon);
            if (host.startsWith("[") && host.endsWith("]")) {
                host = host.substring(1, host.length() - 1);
            }
            InetSocketAddress address =
                    host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
            if (colon >= 0 && !address.isUnresolved()) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            throw new IOException("\"" + text + "\" is not an address such as :9962", e);
        }
        throw new IOException("\"" + text + "\" is not an address such as :9962");
    }

    @Override
    public void close() {
        listeners.forEach(HttpListener::close);
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}
