package io.meshkeep.server.http;

import com.sun.management.UnixOperatingSystemMXBean;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiator.ProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.meshkeep.server.direct.DirectMethods;
import io.meshkeep.server.tls.Certificates;
import io.netty.channel.ChannelHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Optional;

/**
 * Serves gRPC (HTTP/2) and HTTP/1.1 on one port of a gRPC server, plaintext or TLS. The first bytes of a connection
 * decide; a connection that does not send them in time is closed. Thread-safe.
 *
 * <p>To be given to {@code NettyServerBuilder.protocolNegotiator}. An HTTP/1.1 connection counts as ended for gRPC; its
 * owner is then the {@link HttpService}, which is shut down with the gRPC server.
 *
 * <p>With TLS the first bytes are the decrypted ones, so that ALPN is allowed but not needed. gRPC's own negotiator for
 * TLS insists on it.
 *
 * <p>This rests on hooks that gRPC calls internal (version pinned, behaviour tested).
 */
public final class FirstBytesNegotiator implements ProtocolNegotiator {
    /** Connections that may keep silent at a time: each costs some memory and a file. */
    private static final int MAX_UNDECIDED = 2000;

    /** With TLS a handshake keeps silent too: all agents of a mesh may come at once after a restart. */
    private static final int MAX_UNDECIDED_TLS = 8000;

    private final ProtocolNegotiator plaintext = InternalProtocolNegotiators.serverPlaintext();
    private final AsciiString scheme;
    private final FirstBytesHandler.Port port;
    private final HttpService http;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);

    /**
     * @param http serves the HTTP/1.1 connections of this port alone
     * @param maxMessageBytes the largest gRPC message that is taken, in bytes
     * @param budgets what the connections of all ports share
     * @param firstBytesTimeout how long a new connection may take to say which protocol it speaks
     */
    public FirstBytesNegotiator(HttpService http, int maxMessageBytes, Budgets budgets, Duration firstBytesTimeout) {
        this(http, maxMessageBytes, budgets, DirectMethods.NONE, firstBytesTimeout, Optional.empty());
    }

    /**
     * @param http serves the HTTP/1.1 connections of this port alone
     * @param maxMessageBytes the largest gRPC message that is taken, in bytes
     * @param budgets what the connections of all ports share
     * @param direct the methods that are handled without gRPC's calls
     * @param firstBytesTimeout how long a new connection may take for the handshake and the first bytes after it
     * @param certificates for TLS; none for plaintext
     */
    public FirstBytesNegotiator(
            HttpService http,
            int maxMessageBytes,
            Budgets budgets,
            DirectMethods direct,
            Duration firstBytesTimeout,
            Optional<Certificates> certificates) {
        this.http = http;
        this.scheme = certificates.isPresent() ? AsciiString.of("https") : plaintext.scheme();
        this.port = new FirstBytesHandler.Port(
                plaintext::newHandler,
                certificates.map(TlsPort::new),
                http,
                maxMessageBytes,
                budgets,
                direct,
                new Undecided(certificates.isPresent() ? MAX_UNDECIDED_TLS : MAX_UNDECIDED),
                maxConnections(),
                new LogLimiter(Duration.ofSeconds(10)),
                firstBytesTimeout.toNanos(),
                new LogLimiter(Duration.ofSeconds(10)),
                connections);
    }

    /** Three quarters of the files that this process may open: a store that cannot open its files ends. */
    private static int maxConnections() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? (int) Math.min(Integer.MAX_VALUE, system.getMaxFileDescriptorCount() / 4 * 3)
                : Integer.MAX_VALUE;
    }

    @Override
    public AsciiString scheme() {
        return scheme;
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
