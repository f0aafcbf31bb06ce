package io.meshkeep.server.http;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiator.ProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.channel.ChannelHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.time.Duration;

/**
 * Serves gRPC (HTTP/2 with prior knowledge) and HTTP/1.1 on one plaintext port of a gRPC server. The first bytes of a
 * connection decide; a connection that does not send them in time is closed. Thread-safe.
 *
 * <p>To be given to {@code NettyServerBuilder.protocolNegotiator}. An HTTP/1.1 connection counts as ended for gRPC; its
 * owner is then the {@link HttpService}, which is shut down with the gRPC server.
 *
 * <p>This rests on hooks that gRPC calls internal (version pinned, behaviour tested). TLS goes in front: a negotiator
 * of its own would put {@code InternalProtocolNegotiators.waitUntilActiveHandler} and the TLS handshake first and a
 * {@link FirstBytesHandler} with {@code InternalProtocolNegotiators.grpcNegotiationHandler} as its HTTP/2 side after
 * them. The first bytes are then the decrypted ones, so that ALPN is allowed but not needed.
 */
public final class FirstBytesNegotiator implements ProtocolNegotiator {
    private final ProtocolNegotiator plaintext = InternalProtocolNegotiators.serverPlaintext();
    private final FirstBytesHandler.Port port;
    private final HttpService http;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

    /**
     * @param http serves the HTTP/1.1 connections of this port alone
     * @param firstBytesTimeout how long a new connection may take to say which protocol it speaks
     */
    public FirstBytesNegotiator(HttpService http, Duration firstBytesTimeout) {
        this.http = http;
        this.port = new FirstBytesHandler.Port(
                plaintext::newHandler,
                http,
                firstBytesTimeout.toNanos(),
                new LogLimiter(Duration.ofSeconds(10)),
                connections);
    }

    @Override
    public AsciiString scheme() {
        return plaintext.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpcHandler) {
        return new FirstBytesHandler(grpcHandler, port);
    }

    /**
     * Closes all connections but HTTP/1's at once, so that clients see the server gone (UNAVAILABLE). gRPC's own way to cut what is
     * left would have them believe that their calls were cancelled, and not try again.
     */
    public void cutConnections() {
        connections.close();
    }

    /** Called by gRPC once its server has stopped listening. */
    @Override
    public void close() {
        plaintext.close();
        http.shutdown();
    }
}
