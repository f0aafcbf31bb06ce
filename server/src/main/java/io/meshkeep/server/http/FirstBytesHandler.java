package io.meshkeep.server.http;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.ProtocolNegotiationEvent;
import io.meshkeep.server.direct.DirectCalls;
import io.meshkeep.server.direct.DirectMethods;
import io.meshkeep.server.rpc.ClientConnection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds back the first bytes of a connection until they say which protocol follows, then puts that protocol's handlers
 * in its own place and gives them the bytes. One for each connection, used on its event loop.
 */
final class FirstBytesHandler extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(FirstBytesHandler.class);

    /**
     * What the handlers of one port share.
     *
     * @param http2 makes the handler that takes over for HTTP/2; it expects the negotiation event
     * @param tls the handshake that comes first, if there is one
     * @param http takes over for HTTP/1
     * @param maxMessageBytes the largest gRPC message that is taken
     * @param budgets what the connections of all ports share
     * @param direct the methods that are handled without gRPC's calls
     * @param undecided the connections that have not said yet what they speak
     * @param maxConnections how many connections that are not HTTP/1's may be open; more are closed as they come
     * @param refusals limits the warnings about those
     * @param timeoutNanos how long the first bytes may take
     * @param tlsWarnings limits the warnings about TLS
     * @param connections where every connection is entered that is not HTTP/1's
     */
    record Port(
            Function<GrpcHttp2ConnectionHandler, ChannelHandler> http2,
            Optional<TlsPort> tls,
            HttpService http,
            int maxMessageBytes,
            Budgets budgets,
            DirectMethods direct,
            Undecided undecided,
            int maxConnections,
            LogLimiter refusals,
            long timeoutNanos,
            LogLimiter tlsWarnings,
            ChannelGroup connections) {}

    private final GrpcHttp2ConnectionHandler grpc;
    private final Port port;

    private ByteBuf pending = Unpooled.EMPTY_BUFFER;
    private ProtocolNegotiationEvent negotiation;
    private Future<?> timeout;
    private boolean decided;

    /** @param grpc gRPC's handler for this connection */
    FirstBytesHandler(GrpcHttp2ConnectionHandler grpc, Port port) {
        this.grpc = grpc;
        this.port = port;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        port.connections().add(ctx.channel());
        port.undecided().add(ctx.channel());
        if (port.connections().size() > port.maxConnections()) {
            port.refusals()
                    .log(leftOut -> log.warn(
                            "closed a new connection from {}: {} are open, which is the limit{}",
                            ctx.channel().remoteAddress(),
                            port.maxConnections(),
                            leftOut));
            ctx.close();
        }
        port.tls().ifPresent(tls -> tls.addBefore(ctx));
        Runnable close = ctx::close;
        timeout = ctx.executor().schedule(close, port.timeoutNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        discard(ctx.channel());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        discard(ctx.channel());
        ctx.fireChannelInactive();
    }

    private void discard(Channel channel) {
        port.undecided().remove(channel);
        timeout.cancel(false);
        pending.release();
        pending = Unpooled.EMPTY_BUFFER;
    }

    /** gRPC announces with this event what earlier handlers negotiated; it goes on to whoever speaks gRPC. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ProtocolNegotiationEvent e) {
            negotiation = e;
        } else if (event instanceof SslHandshakeCompletionEvent handshake
                && port.tls().isPresent()) {
            endHandshake(ctx, port.tls().get(), handshake);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    private void endHandshake(ChannelHandlerContext ctx, TlsPort tls, SslHandshakeCompletionEvent handshake) {
        Optional<ProtocolNegotiationEvent> negotiated = tls.end(ctx, negotiation, handshake);
        if (negotiated.isPresent()) {
            negotiation = negotiated.get();
        } else {
            decided = true;
            ctx.close();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
            return;
        }
        if (decided) {
            // the connection is being closed
            bytes.release();
            return;
        }
        if (pending.isReadable()) {
            ByteBuf joined = ctx.alloc().buffer(pending.readableBytes() + bytes.readableBytes());
            joined.writeBytes(pending).writeBytes(bytes);
            bytes.release();
            pending.release();
            pending = joined;
        } else {
            pending = bytes;
        }
        FirstBytes verdict = FirstBytes.of(pending);
        if (verdict == FirstBytes.UNDECIDED) {
            keepSmall();
        } else {
            decided = true;
            act(ctx, verdict);
        }
    }

    /** A few bytes must not pin the whole buffer that they were read into, on thousands of connections. */
    private void keepSmall() {
        ByteBuf copy = Unpooled.copiedBuffer(pending);
        pending.release();
        pending = copy;
    }

    private void act(ChannelHandlerContext ctx, FirstBytes verdict) {
        switch (verdict) {
            case HTTP2 -> {
                ByteBuf bytes = takePending();
                // Not the channel's own way to close: that waits for what is under way, which is what is to be got rid
                // of.
                ClientConnection client = new ClientConnection(
                        () -> ctx.channel().pipeline().firstContext().close());
                ProtocolNegotiationEvent negotiated = with(client);
                DirectCalls.install(grpc, port.direct(), InternalProtocolNegotiationEvent.getAttributes(negotiated));
                // Around it, so that nobody sees a message that is too large, or a flood.
                MessageSizeGuard.install(grpc, client, port.budgets().incomplete(), port.maxMessageBytes());
                FrameFloodGuard.install(grpc, ctx, port.budgets().streams());
                ctx.pipeline().replace(ctx.name(), null, port.http2().apply(grpc));
                ctx.fireUserEventTriggered(negotiated);
                ctx.fireChannelRead(bytes);
            }
            case HTTP1 -> {
                ByteBuf bytes = takePending();
                // For gRPC this connection has ended: no handshake timeout, no part in the server's termination.
                grpc.notifyUnused();
                port.connections().remove(ctx.channel());
                port.http().takeOver(ctx);
                ctx.fireChannelRead(bytes);
            }
            case TLS -> {
                port.tlsWarnings()
                        .log(leftOut -> log.warn(
                                "closed a connection from {}: it begins with a TLS handshake, but this port is"
                                        + " plaintext; use http:// in the client's endpoint or give the server a"
                                        + " certificate{}",
                                ctx.channel().remoteAddress(),
                                leftOut));
                ctx.close();
            }
            case UNKNOWN, UNDECIDED -> {
                log.debug(
                        "closed a connection from {}: unknown protocol",
                        ctx.channel().remoteAddress());
                ctx.close();
            }
        }
    }

    private ProtocolNegotiationEvent with(ClientConnection client) {
        return InternalProtocolNegotiationEvent.withAttributes(
                negotiation,
                InternalProtocolNegotiationEvent.getAttributes(negotiation).toBuilder()
                        .set(ClientConnection.KEY, client)
                        .build());
    }

    private ByteBuf takePending() {
        ByteBuf bytes = pending;
        pending = Unpooled.EMPTY_BUFFER;
        return bytes;
    }
}
