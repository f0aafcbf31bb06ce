package io.meshkeep.server.http;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.concurrent.TimeUnit;

/**
 * Ends a connection that sends more frames than any client needs of those kinds that cost work and carry nothing, and
 * refuses calls beyond the {@link StreamBudget}. Pings, and resets of streams, are limited by gRPC. Used on the
 * connection's event loop.
 */
final class FrameFloodGuard extends Http2FrameListenerDecorator {
    /** Settings, priorities, frames of unknown types and empty data, in a window. Clients of gRPC send a handful. */
    static final int MAX_IDLE_FRAMES = 1000;

    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Http2ConnectionEncoder encoder;
    private final Http2Connection connection;
    private final Http2Connection.PropertyKey key;
    private final StreamBudget budget;

    private int streams;
    private int idleFrames;
    private long windowStart;

    private FrameFloodGuard(
            Http2FrameListener next, Http2Connection connection, Http2ConnectionEncoder encoder, StreamBudget budget) {
        super(next);
        this.connection = connection;
        this.encoder = encoder;
        this.budget = budget;
        this.key = connection.newKey();
    }

    /** Puts a guard before what else handles the frames of a new connection. */
    static void install(GrpcHttp2ConnectionHandler grpc, ChannelHandlerContext ctx, StreamBudget budget) {
        FrameFloodGuard guard =
                new FrameFloodGuard(grpc.decoder().frameListener(), grpc.connection(), grpc.encoder(), budget);
        grpc.decoder().frameListener(guard);
        grpc.connection().addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                if (stream.removeProperty(guard.key) != null) {
                    guard.giveBack(1);
                }
            }
        });
        ctx.channel().closeFuture().addListener(closed -> guard.giveBack(guard.streams));
    }

    private void giveBack(int count) {
        int given = Math.min(count, streams);
        streams -= given;
        budget.giveBack(given);
    }

    /** False if the call was refused, as one that the client may try again. */
    private boolean isTaken(ChannelHandlerContext ctx, int streamId) {
        Http2Stream stream = connection.stream(streamId);
        if (stream == null || stream.getProperty(key) != null) {
            return true;
        }
        if (!budget.take(streams)) {
            encoder.writeRstStream(ctx, streamId, Http2Error.REFUSED_STREAM.code(), ctx.newPromise());
            ctx.flush();
            return false;
        }
        streams++;
        stream.setProperty(key, Boolean.TRUE);
        return true;
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean endOfStream)
            throws Http2Exception {
        if (isTaken(ctx, streamId)) {
            super.onHeadersRead(ctx, streamId, headers, padding, endOfStream);
        }
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
        if (isTaken(ctx, streamId)) {
            super.onHeadersRead(ctx, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
        }
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        if (!data.isReadable() && !endOfStream) {
            countIdleFrame();
        }
        return super.onDataRead(ctx, streamId, data, padding, endOfStream);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) throws Http2Exception {
        countIdleFrame();
        super.onSettingsRead(ctx, settings);
    }

    @Override
    public void onPriorityRead(
            ChannelHandlerContext ctx, int streamId, int streamDependency, short weight, boolean exclusive)
            throws Http2Exception {
        countIdleFrame();
        super.onPriorityRead(ctx, streamId, streamDependency, weight, exclusive);
    }

    @Override
    public void onUnknownFrame(
            ChannelHandlerContext ctx, byte frameType, int streamId, Http2Flags flags, ByteBuf payload)
            throws Http2Exception {
        countIdleFrame();
        super.onUnknownFrame(ctx, frameType, streamId, flags, payload);
    }

    private void countIdleFrame() throws Http2Exception {
        long now = System.nanoTime();
        if (idleFrames == 0 || now - windowStart > WINDOW_NANOS) {
            windowStart = now;
            idleFrames = 0;
        }
        if (++idleFrames > MAX_IDLE_FRAMES) {
            throw Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "too many frames that ask for nothing");
        }
    }
}
