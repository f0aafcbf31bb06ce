package io.meshkeep.server.direct;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.ServerMethodDefinition;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AsciiString;

/**
 * Takes the frames of direct calls out of a connection before gRPC sees them. The HTTP/2 of the connection, its limits
 * and its end stay with gRPC, as does every call that is not plainly one of ours: another method, a message that is
 * compressed, a content type that is spelled otherwise. Used on the connection's event loop.
 */
public final class DirectCalls extends Http2FrameListenerDecorator {
    private static final AsciiString POST = AsciiString.cached("POST");
    private static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
    private static final AsciiString GRPC = AsciiString.cached("application/grpc");
    private static final AsciiString ENCODING = AsciiString.cached("grpc-encoding");
    private static final AsciiString IDENTITY = AsciiString.cached("identity");
    private static final AsciiString CONNECTION = AsciiString.cached("connection");

    private final DirectMethods methods;
    private final Attributes attributes;
    private final GrpcHttp2ConnectionHandler grpc;
    private final Http2Connection connection;
    private final Http2Connection.PropertyKey key;
    /** Made with the first call, since many connections only watch. */
    private DirectWriter writer;

    private DirectCalls(
            Http2FrameListener next, GrpcHttp2ConnectionHandler grpc, DirectMethods methods, Attributes attributes) {
        super(next);
        this.methods = methods;
        this.attributes = attributes;
        this.grpc = grpc;
        this.connection = grpc.connection();
        this.key = connection.newKey();
        connection.addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                DirectCall<?, ?> call = stream.getProperty(key);
                if (call != null) {
                    call.streamClosed();
                }
            }
        });
    }

    /**
     * Puts itself before gRPC's handling of a new connection.
     *
     * @param attributes what is known of the connection, for the handlers
     */
    public static void install(GrpcHttp2ConnectionHandler grpc, DirectMethods methods, Attributes attributes) {
        if (!methods.isEmpty()) {
            grpc.decoder().frameListener(new DirectCalls(grpc.decoder().frameListener(), grpc, methods, attributes));
        }
    }

    private void sendEarly() {
        if (writer != null) {
            writer.sendEarly();
        }
    }

    private DirectCall<?, ?> call(int streamId) {
        Http2Stream stream = connection.stream(streamId);
        return stream == null ? null : stream.getProperty(key);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx,
            int streamId,
            Http2Headers headers,
            int streamDependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean endOfStream)
            throws Http2Exception {
        sendEarly();
        DirectCall<?, ?> running = call(streamId);
        if (running != null) {
            // trailers, which gRPC's clients do not send
            if (endOfStream) {
                running.halfClosed();
            }
            return;
        }
        ServerMethodDefinition<?, ?> method = isPlain(headers) ? methods.find(headers.path()) : null;
        if (method == null) {
            super.onHeadersRead(ctx, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
            return;
        }
        begin(ctx, streamId, method, metadata(headers), endOfStream);
    }

    private <Q, R> void begin(
            ChannelHandlerContext ctx,
            int streamId,
            ServerMethodDefinition<Q, R> method,
            Metadata metadata,
            boolean endOfStream) {
        if (writer == null) {
            writer = new DirectWriter(ctx, grpc);
        }
        Http2Stream stream = connection.stream(streamId);
        DirectCall<Q, R> call = new DirectCall<>(method, stream, writer, attributes);
        stream.setProperty(key, call);
        call.begin(metadata);
        if (endOfStream) {
            call.halfClosed();
        }
    }

    private static boolean isPlain(Http2Headers headers) {
        CharSequence encoding = headers.get(ENCODING);
        return POST.contentEquals(headers.method())
                && GRPC.contentEquals(headers.get(CONTENT_TYPE))
                && (encoding == null || IDENTITY.contentEquals(encoding))
                && !headers.contains(CONNECTION);
    }

    private Metadata metadata(Http2Headers headers) {
        Metadata metadata = new Metadata();
        for (DirectMethods.Entry entry : methods.metadata()) {
            if (headers.contains(entry.header())) {
                for (CharSequence value : headers.getAll(entry.header())) {
                    metadata.put(entry.key(), AsciiString.of(value).toByteArray());
                }
            }
        }
        return metadata;
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        sendEarly();
        DirectCall<?, ?> call = call(streamId);
        return call == null
                ? super.onDataRead(ctx, streamId, data, padding, endOfStream)
                : call.received(data, padding, endOfStream);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) throws Http2Exception {
        DirectCall<?, ?> call = call(streamId);
        if (call != null) {
            call.streamClosed();
        }
        // gRPC counts them; it does not know the stream, which Netty closes next
        super.onRstStreamRead(ctx, streamId, errorCode);
    }

    /**
     * A ping after we sent something is always permitted: clients measure the way with it. gRPC, which enforces how often
     * a client may ping, does not see what we send.
     */
    @Override
    public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
        if (writer == null || !writer.takeHasSent()) {
            super.onPingRead(ctx, data);
        }
    }
}
