package io.meshkeep.server.http;

import io.grpc.Status;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.meshkeep.server.rpc.ClientConnection;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses a gRPC message that is too large as soon as its length is known, with etcd's code and words, and counts what
 * has come of the others until they are complete. gRPC's own limit has other words and logs a stack trace for each. Used
 * on the connection's event loop.
 */
final class MessageSizeGuard extends Http2FrameListenerDecorator {
    private static final Logger log = LoggerFactory.getLogger(MessageSizeGuard.class);

    /** A message's flags and length. */
    private static final int HEADER_BYTES = 5;

    /** Messages below this are not counted: their calls take as much. */
    private static final int COUNTED = 1 << 10;

    /** A frame below this is copied if gRPC will keep it: it would keep the buffer that it was read into. */
    private static final int COPIED = 8 << 10;

    private final Http2Connection connection;
    private final Http2ConnectionEncoder encoder;
    private final ClientConnection client;
    private final IncompleteRequests incomplete;
    private final int maxBytes;
    private final Http2Connection.PropertyKey key;

    /** Where a stream is within a message; kept only for streams that are not between two. */
    private static final class Position {
        int headerBytes;
        long length;
        long left;
        boolean refused;
        IncompleteRequests.Message message;

        boolean isBetweenMessages() {
            return left == 0 && headerBytes == 0;
        }

        void endMessage() {
            if (message != null) {
                message.end();
                message = null;
            }
        }
    }

    private MessageSizeGuard(
            Http2FrameListener grpc,
            Http2Connection connection,
            Http2ConnectionEncoder encoder,
            ClientConnection client,
            IncompleteRequests incomplete,
            int maxBytes) {
        super(grpc);
        this.connection = connection;
        this.encoder = encoder;
        this.client = client;
        this.incomplete = incomplete;
        this.maxBytes = maxBytes;
        this.key = connection.newKey();
    }

    /** Puts a guard before gRPC's handling of a new connection. */
    static void install(
            GrpcHttp2ConnectionHandler grpc, ClientConnection client, IncompleteRequests incomplete, int maxBytes) {
        MessageSizeGuard guard = new MessageSizeGuard(
                grpc.decoder().frameListener(), grpc.connection(), grpc.encoder(), client, incomplete, maxBytes);
        grpc.decoder().frameListener(guard);
        grpc.connection().addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                Position position = stream.removeProperty(guard.key);
                if (position != null) {
                    position.endMessage();
                }
            }
        });
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        Http2Stream stream = connection.stream(streamId);
        if (stream != null && !isTaken(ctx, stream, data)) {
            // counts as read, so that the connection's other streams can go on
            return data.readableBytes() + padding;
        }
        if (data.readableBytes() < COPIED && data.isReadable() && !endOfStream && isWithinMessage(stream)) {
            ByteBuf copy =
                    ctx.alloc().buffer(data.readableBytes()).writeBytes(data, data.readerIndex(), data.readableBytes());
            try {
                return super.onDataRead(ctx, streamId, copy, padding, false);
            } finally {
                copy.release();
            }
        }
        return super.onDataRead(ctx, streamId, data, padding, endOfStream);
    }

    private boolean isWithinMessage(Http2Stream stream) {
        return stream != null && stream.getProperty(key) != null;
    }

    private boolean isTaken(ChannelHandlerContext ctx, Http2Stream stream, ByteBuf data) {
        Position position = stream.getProperty(key);
        if (position == null) {
            position = new Position();
        }
        if (!position.refused && !advance(position, data)) {
            position.refused = true;
            position.endMessage();
            stream.setProperty(key, position);
            long length = position.length;
            // after what gRPC has queued for this stream, such as the headers of its answer
            ctx.executor().execute(() -> refuse(ctx, stream, length));
        } else if (position.isBetweenMessages()) {
            stream.removeProperty(key);
        } else {
            stream.setProperty(key, position);
        }
        return !position.refused;
    }

    /** Walks over the data; false if it has the length of a message that is too large. */
    private boolean advance(Position position, ByteBuf data) {
        int at = data.readerIndex();
        int end = data.writerIndex();
        while (at < end) {
            if (position.left > 0) {
                int skipped = (int) Math.min(position.left, end - at);
                position.left -= skipped;
                at += skipped;
                if (position.left == 0) {
                    position.endMessage();
                } else if (position.length >= COUNTED) {
                    if (position.message == null) {
                        position.message = incomplete.begin(client);
                    }
                    position.message.grow(skipped);
                }
            } else {
                int next = data.getByte(at++) & 0xff;
                position.length = position.headerBytes == 0 ? 0 : position.length << 8 | next;
                if (++position.headerBytes == HEADER_BYTES) {
                    if (position.length > maxBytes) {
                        return false;
                    }
                    position.headerBytes = 0;
                    position.left = position.length;
                }
            }
        }
        return true;
    }

    private void refuse(ChannelHandlerContext ctx, Http2Stream stream, long length) {
        if (connection.stream(stream.id()) != stream) {
            return;
        }
        client.refusing(Status.Code.RESOURCE_EXHAUSTED);
        try {
            // for gRPC the client has cancelled the call
            super.onRstStreamRead(ctx, stream.id(), Http2Error.CANCEL.code());
        } catch (Http2Exception e) {
            log.debug("a call whose request is too large could not be ended", e);
        } finally {
            client.refused();
        }
        Http2Headers headers = new DefaultHttp2Headers();
        if (!stream.isHeadersSent()) {
            headers.status("200").set("content-type", "application/grpc");
        }
        headers.set("grpc-status", Integer.toString(Status.Code.RESOURCE_EXHAUSTED.value()))
                .set("grpc-message", "grpc: received message larger than max (" + length + " vs. " + maxBytes + ")");
        encoder.writeHeaders(ctx, stream.id(), headers, 0, true, ctx.newPromise());
        encoder.writeRstStream(ctx, stream.id(), Http2Error.NO_ERROR.code(), ctx.newPromise());
        ctx.flush();
    }
}
