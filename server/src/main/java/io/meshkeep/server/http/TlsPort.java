package io.meshkeep.server.http;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.ProtocolNegotiationEvent;
import io.meshkeep.server.auth.PeerIdentity;
import io.meshkeep.server.tls.AdmittedClient;
import io.meshkeep.server.tls.Certificates;
import io.meshkeep.server.tls.Handshakes;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.Optional;
import javax.net.ssl.SSLSession;

/** The TLS of one port: puts it before a connection's first bytes, and passes on who the client is. Thread-safe. */
final class TlsPort {
    private final Certificates certificates;
    private final Handshakes handshakes;

    TlsPort(Certificates certificates) {
        this.certificates = certificates;
        this.handshakes = certificates.handshakes();
    }

    void addBefore(ChannelHandlerContext ctx) {
        ctx.pipeline().addBefore(ctx.name(), null, certificates.newHandler(ctx.alloc()));
    }

    /** Begins a connection that speaks nothing but HTTP/1.1. */
    void addTo(ChannelPipeline pipeline) {
        pipeline.addLast(certificates.newHandler(pipeline.channel().alloc()), new ChannelInboundHandlerAdapter() {
            @Override
            public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
                    ctx.fireUserEventTriggered(event);
                } else if (peer(ctx, handshake).isEmpty()) {
                    ctx.close();
                }
            }
        });
    }

    /**
     * The end of the handshake.
     *
     * @param negotiation what gRPC knows of the connection
     * @return the same with the client's identity; empty if the client was turned away, which the log was told
     */
    Optional<ProtocolNegotiationEvent> end(
            ChannelHandlerContext ctx, ProtocolNegotiationEvent negotiation, SslHandshakeCompletionEvent handshake) {
        return peer(ctx, handshake).map(peer -> {
            Attributes.Builder attributes = InternalProtocolNegotiationEvent.getAttributes(negotiation).toBuilder()
                    .set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session(ctx));
            peer.user().ifPresent(user -> attributes.set(PeerIdentity.COMMON_NAME, user));
            return InternalProtocolNegotiationEvent.withAttributes(negotiation, attributes.build());
        });
    }

    private Optional<AdmittedClient> peer(ChannelHandlerContext ctx, SslHandshakeCompletionEvent handshake) {
        if (handshake.isSuccess()) {
            return handshakes.admit(ctx.channel().remoteAddress(), session(ctx));
        }
        handshakes.failed(ctx.channel().remoteAddress(), handshake.cause());
        return Optional.empty();
    }

    private static SSLSession session(ChannelHandlerContext ctx) {
        return ctx.pipeline().get(SslHandler.class).engine().getSession();
    }
}
