package io.meshkeep.server.direct;

import io.grpc.InternalMetadata;
import io.grpc.InternalStatus;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.meshkeep.server.direct.DirectCall.Outgoing;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the answers of one connection. What other threads have answered since the event loop last looked goes out as
 * one buffer: the frames of a good answer are always the same but for the message, so they are copied, not encoded.
 * What does not fit into the windows, is large, or is an error goes through Netty's encoder, which queues and splits.
 */
final class DirectWriter {
    private static final Logger log = LoggerFactory.getLogger(DirectWriter.class);

    private static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
    private static final AsciiString GRPC = AsciiString.cached("application/grpc");
    private static final AsciiString OK = AsciiString.cached("200");

    /** The smallest limit that a peer can set. */
    private static final int MAX_FRAME = Http2CodecUtil.MAX_FRAME_SIZE_LOWER_BOUND;

    /** Bytes after which a buffer is passed on before the next is begun. */
    private static final int BUFFER = 64 << 10;

    private static final int FIRST_BUFFER = 1 << 10;

    /** Answers that are worth a system call of their own. */
    private static final int EARLY = 32;

    /** A HEADERS frame up to the stream's number, then its block, which leaves the peer's header table alone. */
    private static final byte[] HEAD_FRAME = {0, 0, 20, 1, 0x4};

    private static final byte[] HEAD_BLOCK = block(new byte[] {(byte) 0x88, 0x0f, 0x10}, "application/grpc");

    private static final byte[] END_FRAME = {0, 0, 15, 1, 0x5};
    private static final byte[] END_BLOCK = block(block(new byte[] {0x00}, "grpc-status"), "0");

    private final ChannelHandlerContext ctx;
    private final GrpcHttp2ConnectionHandler grpc;
    private final Http2ConnectionEncoder encoder;
    private final Queue<Outgoing> queue = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Runnable drain = this::drain;

    /** Answers given on the event loop that wait for what is being read to be handled. */
    private int waiting;

    private ByteBuf out;
    private List<Outgoing> inOut = new ArrayList<>();
    private int bufferBytes = FIRST_BUFFER;
    private boolean hasSent;

    DirectWriter(ChannelHandlerContext ctx, GrpcHttp2ConnectionHandler grpc) {
        this.ctx = ctx;
        this.grpc = grpc;
        this.encoder = grpc.encoder();
    }

    /** A string without Huffman coding behind what is there. */
    private static byte[] block(byte[] before, String text) {
        byte[] block = Arrays.copyOf(before, before.length + 1 + text.length());
        block[before.length] = (byte) text.length();
        for (int i = 0; i < text.length(); i++) {
            block[before.length + 1 + i] = (byte) text.charAt(i);
        }
        return block;
    }

    boolean inEventLoop() {
        return ctx.executor().inEventLoop();
    }

    void execute(Runnable action) {
        ctx.executor().execute(action);
    }

    ByteBuf copy(ByteBuf data) {
        return ctx.alloc().buffer(2 * data.readableBytes()).writeBytes(data);
    }

    /** Gives bytes back to a stream's window. */
    void consumed(Http2Stream stream, int bytes) throws Http2Exception {
        if (grpc.decoder().flowController().consumeBytes(stream, bytes)) {
            ctx.flush();
        }
    }

    /** Whether anything was sent since this was asked last. */
    boolean takeHasSent() {
        boolean sent = hasSent;
        hasSent = false;
        return sent;
    }

    /** Sends in the order of calls, soon. Any thread. */
    void write(Outgoing outgoing) {
        queue.add(outgoing);
        if (inEventLoop()) {
            waiting++;
        }
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            ctx.executor().execute(drain);
        }
    }

    /**
     * Sends what was answered while one read brought many requests, so that the client can go on meanwhile. To be called
     * between two frames: a call whose frame is being handled has not come to its end yet.
     */
    void sendEarly() {
        if (waiting >= EARLY) {
            drain();
        }
    }

    private void drain() {
        waiting = 0;
        // first, so that what is added from here on is looked at again
        scheduled.set(false);
        Outgoing next;
        while ((next = queue.poll()) != null) {
            if (next.call().hasEnded()) {
                next.call().sent(next.size());
            } else {
                send(next);
            }
        }
        passOn();
        grpc.flush(ctx);
    }

    private void send(Outgoing next) {
        try {
            if (fits(next)) {
                append(next);
            } else {
                passOn();
                encode(next);
            }
        } catch (Http2Exception | RuntimeException e) {
            log.error("an answer could not be sent", e);
            next.call().sent(next.size());
            passOn();
            grpc.encoder()
                    .writeRstStream(ctx, next.call().stream().id(), Http2Error.INTERNAL_ERROR.code(), ctx.newPromise());
        }
    }

    private boolean fits(Outgoing next) {
        if (next.status() != null && !next.status().isOk()) {
            return false;
        }
        // The peer waits for word of a table of another size at the start of a block.
        if (encoder.configuration().headersConfiguration().maxHeaderTableSize()
                != Http2CodecUtil.DEFAULT_HEADER_TABLE_SIZE) {
            return false;
        }
        Http2RemoteFlowController flow = encoder.flowController();
        Http2Stream stream = next.call().stream();
        int data = DirectCall.MESSAGE_HEADER + next.size();
        return data <= MAX_FRAME
                && ctx.channel().isWritable()
                && !flow.hasFlowControlled(stream)
                && flow.windowSize(stream) >= data
                && flow.windowSize(grpc.connection().connectionStream()) >= data;
    }

    private void append(Outgoing next) throws Http2Exception {
        if (out == null) {
            out = ctx.alloc().buffer(bufferBytes);
        }
        Http2Stream stream = next.call().stream();
        int begin = out.writerIndex();
        boolean whole = false;
        try {
            if (next.headers()) {
                out.writeBytes(HEAD_FRAME).writeInt(stream.id()).writeBytes(HEAD_BLOCK);
            }
            if (next.message() != null) {
                int data = DirectCall.MESSAGE_HEADER + next.size();
                out.writeMedium(data).writeShort(0).writeInt(stream.id());
                MessageStream.write(next.message(), next.size(), out);
            }
            if (next.status() != null) {
                out.writeBytes(END_FRAME).writeInt(stream.id()).writeBytes(END_BLOCK);
            }
            whole = true;
        } finally {
            if (!whole) {
                out.writerIndex(begin);
            }
        }
        if (next.headers()) {
            stream.headersSent(false);
        }
        if (next.message() != null) {
            take(next, stream);
        }
        inOut.add(next);
        if (out.readableBytes() >= BUFFER) {
            passOn();
        }
    }

    /** Takes from the windows what goes out without the flow controller. */
    private void take(Outgoing next, Http2Stream stream) throws Http2Exception {
        int data = DirectCall.MESSAGE_HEADER + next.size();
        Http2RemoteFlowController flow = encoder.flowController();
        flow.incrementWindowSize(grpc.connection().connectionStream(), -data);
        if (next.status() == null) {
            flow.incrementWindowSize(stream, -data);
        }
    }

    /** Gives what was appended to the channel. */
    private void passOn() {
        if (inOut.isEmpty()) {
            if (out != null) {
                out.release();
                out = null;
            }
            return;
        }
        ByteBuf bytes = out;
        List<Outgoing> sent = inOut;
        out = null;
        inOut = new ArrayList<>(sent.size());
        bufferBytes = Math.max(FIRST_BUFFER, Math.min(BUFFER, Integer.highestOneBit(bytes.readableBytes()) << 1));
        hasSent = true;
        ctx.write(bytes).addListener((ChannelFuture future) -> {
            for (Outgoing one : sent) {
                one.call().sent(one.size());
                if (one.status() != null && !one.call().hasEnded()) {
                    end(one.call().stream(), future);
                }
            }
        });
    }

    /** Our side of the stream is at its end. A client that has not ended its own is told that nobody listens. */
    private void end(Http2Stream stream, ChannelFuture future) {
        grpc.closeStreamLocal(stream, future);
        reset(stream, future);
    }

    private void reset(Http2Stream stream, ChannelFuture future) {
        if (future.isSuccess() && stream.state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
            encoder.writeRstStream(ctx, stream.id(), Http2Error.NO_ERROR.code(), ctx.newPromise());
            ctx.flush();
        }
    }

    /** Sends through Netty's encoder. */
    private void encode(Outgoing next) {
        Http2Stream stream = next.call().stream();
        Status status = next.status();
        boolean inOne = next.headers() && next.message() == null && status != null;
        if (next.headers() && !inOne) {
            encoder.writeHeaders(ctx, stream.id(), head(), 0, false, ctx.newPromise());
        }
        if (next.message() != null) {
            ByteBuf data = ctx.alloc().buffer(DirectCall.MESSAGE_HEADER + next.size());
            boolean whole = false;
            try {
                MessageStream.write(next.message(), next.size(), data);
                whole = true;
            } finally {
                if (!whole) {
                    data.release();
                }
            }
            ChannelPromise written = ctx.newPromise();
            written.addListener(future -> next.call().sent(next.size()));
            encoder.writeData(ctx, stream.id(), data, 0, false, written);
        }
        if (status != null) {
            ChannelPromise ended = ctx.newPromise();
            ended.addListener((ChannelFuture future) -> reset(stream, future));
            encoder.writeHeaders(ctx, stream.id(), trailers(status, inOne), 0, true, ended);
        }
    }

    private static Http2Headers head() {
        return new DefaultHttp2Headers(false).status(OK).set(CONTENT_TYPE, GRPC);
    }

    private static Http2Headers trailers(Status status, boolean withHead) {
        Metadata metadata = new Metadata();
        metadata.put(InternalStatus.CODE_KEY, status);
        if (status.getDescription() != null) {
            metadata.put(InternalStatus.MESSAGE_KEY, status.getDescription());
        }
        Http2Headers headers = withHead ? head() : new DefaultHttp2Headers(false);
        byte[][] pairs = InternalMetadata.serialize(metadata);
        for (int i = 0; i < pairs.length; i += 2) {
            headers.add(new AsciiString(pairs[i], false), new AsciiString(pairs[i + 1], false));
        }
        return headers;
    }
}
