package io.meshkeep.server.http;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import java.time.Duration;
import java.util.Optional;

/**
 * HTTP/1.1 for connections that somebody else accepted: limits, deadlines, routing, orderly end. Belongs to one
 * listening port. Thread-safe.
 */
public final class HttpService {
    private final HttpRoute routes;
    private final Optional<HttpAccess> access;
    private final HttpSettings settings;
    private final HttpConnections connections;
    private final LogLimiter failures = new LogLimiter(Duration.ofSeconds(10));

    private HttpService(HttpRoute routes, Optional<HttpAccess> access, HttpSettings settings) {
        this.routes = routes;
        this.access = access;
        this.settings = settings;
        this.connections = new HttpConnections(settings.maxConnections());
    }

    /** A service for the clients' port, which tells browsers whom it answers. */
    public static HttpService forClients(HttpRoute routes, HttpAccess access, HttpSettings settings) {
        return new HttpService(routes, Optional.of(access), settings);
    }

    /** A service for a port that only monitoring uses. */
    public static HttpService forMonitoring(HttpRoute routes, HttpSettings settings) {
        return new HttpService(routes, Optional.empty(), settings);
    }

    /** Puts the HTTP handlers in the place of the caller's handler. */
    void takeOver(ChannelHandlerContext ctx) {
        ChannelPipeline pipeline = ctx.pipeline();
        String last = ctx.name();
        for (ChannelHandler handler : handlers()) {
            pipeline.addAfter(last, null, handler);
            last = pipeline.context(handler).name();
        }
        pipeline.remove(ctx.handler());
    }

    /** Adds the HTTP handlers to a new connection. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addLast(handlers());
    }

    private ChannelHandler[] handlers() {
        HttpDecoderConfig limits = new HttpDecoderConfig()
                .setMaxInitialLineLength(settings.maxRequestLine())
                .setMaxHeaderSize(settings.maxHeaders());
        return new ChannelHandler[] {
            new HttpServerCodec(limits), new HttpObjectAggregator(settings.maxBody(), true), new HttpFront(this)
        };
    }

    HttpRoute routes() {
        return routes;
    }

    Optional<HttpAccess> access() {
        return access;
    }

    HttpSettings settings() {
        return settings;
    }

    HttpConnections connections() {
        return connections;
    }

    LogLimiter failures() {
        return failures;
    }

    /** How many connections are open. */
    public int openConnections() {
        return connections.size();
    }

    /** Begins the end: connections close once they have answered the request that they are at, idle ones now. */
    public void shutdown() {
        connections.shutdown();
    }

    /** Closes all connections, and new ones as they come. */
    public void shutdownNow() {
        connections.shutdownNow();
    }

    /**
     * Waits for the last connection to close after {@link #shutdown()}.
     *
     * @return whether it closed in time
     */
    public boolean awaitTermination(Duration timeout) throws InterruptedException {
        return connections.awaitTermination(timeout);
    }
}
