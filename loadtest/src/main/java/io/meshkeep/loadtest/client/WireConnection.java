package io.meshkeep.loadtest.client;

import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * One connection that speaks as much HTTP/2 (RFC 9113) as gRPC needs, in cleartext or over TLS. It is made for little work per call:
 * frames are written into one buffer and sent together, the headers of a request are ready bytes. What it does not
 * expect, such as a server that pushes, ends the connection, and with it the run. Confined to its event loop, but for
 * {@link #run}.
 */
final class WireConnection extends ByteToMessageDecoder {
    /** As grpc-go, which Cilium's agents use, waits for a connection at least. */
    private static final long HANDSHAKE_TIMEOUT_MILLIS = 20_000;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final int FRAME_HEADER = 9;
    private static final int MAX_FRAME = 16 << 10;
    private static final int DEFAULT_WINDOW = 65_535;

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int CONTINUATION = 9;

    private static final int END_STREAM = 0x1;
    private static final int ACK = 0x1;
    private static final int END_HEADERS = 0x4;
    private static final int PADDED = 0x8;
    private static final int PRIORITY = 0x20;

    private static final int SETTING_HEADER_TABLE = 1;
    private static final int SETTING_ENABLE_PUSH = 2;
    private static final int SETTING_INITIAL_WINDOW = 4;

    /** The size of a peer's table of headers unless it says otherwise: room for all that we enter. */
    private static final int HEADER_TABLE = 4096;

    /** The first index behind the entries that every table has. */
    private static final int FIRST_ENTRY = 62;

    /** Entries above this would need more than a byte. */
    private static final int MOST_ENTRIES = 60;

    private final EventLoop loop;
    private final Endpoint endpoint;
    private final int receiveWindow;
    private final Channel channel;
    private final IntObjectMap<WireCall<?>> calls = new IntObjectHashMap<>();
    private final HeaderBlocks headerBlocks = new HeaderBlocks();
    /** Calls with something to send for which there was no window. */
    private final Queue<WireCall<?>> waiting = new ArrayDeque<>();

    /** What we have entered into the server's table of headers, and when. */
    private final Map<String, Integer> entered = new HashMap<>();

    private final Map<String, byte[]> requestHeaders = new HashMap<>();

    private ByteBuf out;
    private boolean connected;
    private boolean reading;
    private boolean flushing;
    private Status over;
    private int nextId = 1;
    private int window = DEFAULT_WINDOW;
    private int initialWindow = DEFAULT_WINDOW;
    private int received;

    /** @param receiveWindow bytes of answers that may be on their way on one stream */
    WireConnection(EventLoop loop, Class<? extends SocketChannel> type, Endpoint endpoint, int receiveWindow) {
        this.loop = loop;
        this.endpoint = endpoint;
        this.receiveWindow = receiveWindow;
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(type)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(pipeline())
                .connect(endpoint.host(), endpoint.port());
        this.channel = connecting.channel();
        connecting.addListener(future -> {
            if (!future.isSuccess()) {
                end(Status.UNAVAILABLE.withDescription(String.valueOf(future.cause())));
            }
        });
    }

    private ChannelHandler pipeline() {
        return new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel made) {
                endpoint.tls().ifPresent(tls -> {
                    SslHandler handler = tls.newHandler(made.alloc(), endpoint.host(), endpoint.port());
                    handler.setHandshakeTimeoutMillis(HANDSHAKE_TIMEOUT_MILLIS);
                    made.pipeline().addLast(handler);
                });
                made.pipeline().addLast(WireConnection.this);
            }
        };
    }

    /** Runs something on the event loop: at once if that is where the caller is. */
    void run(Runnable action) {
        if (loop.inEventLoop()) {
            action.run();
        } else {
            loop.execute(action);
        }
    }

    boolean isOver() {
        return over != null;
    }

    void close() {
        channel.close();
    }

    // ---- sending

    /** Begins a call; what is to be sent on it comes with {@link #send}. */
    <R> WireCall<R> begin(MethodDescriptor<byte[], R> method, ClientCall.Listener<R> listener) {
        return new WireCall<>(this, method, listener);
    }

    /**
     * Sends a request, as far as the windows allow, and the rest later.
     *
     * @param message null if there is none
     * @param last whether it is the last one
     */
    void send(WireCall<?> call, byte[] message, boolean last) {
        if (over != null) {
            call.end(over);
            return;
        }
        if (call.ended) {
            return;
        }
        call.halfClosed = last;
        if (call.id == 0) {
            open(call);
        }
        if (message != null) {
            if (call.unsent().isEmpty() && 5 + message.length <= Math.min(MAX_FRAME, Math.min(window, call.window))) {
                sendWhole(call, message, last);
            } else {
                call.unsent().add(framed(message));
                sendParts(call);
            }
        } else if (last) {
            sendParts(call);
        }
        flushSoon();
    }

    private void open(WireCall<?> call) {
        call.id = nextId;
        nextId += 2;
        call.window = initialWindow;
        calls.put(call.id, call);
        byte[] block = headersOf(call.method());
        frame(block.length, HEADERS, END_HEADERS, call.id);
        out().writeBytes(block);
    }

    private void sendWhole(WireCall<?> call, byte[] message, boolean last) {
        int length = 5 + message.length;
        take(call, length);
        call.endSent = last;
        frame(length, DATA, last ? END_STREAM : 0, call.id);
        out().writeByte(0).writeInt(message.length).writeBytes(message);
    }

    private ByteBuf framed(byte[] message) {
        return channel.alloc()
                .buffer(5 + message.length)
                .writeByte(0)
                .writeInt(message.length)
                .writeBytes(message);
    }

    private void take(WireCall<?> call, int bytes) {
        window -= bytes;
        call.window -= bytes;
    }

    private void sendParts(WireCall<?> call) {
        while (!call.unsent().isEmpty()) {
            ByteBuf next = call.unsent().peek();
            int length = Math.min(Math.min(MAX_FRAME, next.readableBytes()), Math.min(window, call.window));
            if (length <= 0) {
                if (!call.queued) {
                    call.queued = true;
                    waiting.add(call);
                }
                return;
            }
            take(call, length);
            boolean whole = length == next.readableBytes();
            boolean last = whole && call.halfClosed && call.unsent().size() == 1;
            call.endSent |= last;
            frame(length, DATA, last ? END_STREAM : 0, call.id);
            out().writeBytes(next, length);
            if (whole) {
                call.unsent().remove().release();
            }
        }
        if (call.halfClosed && !call.endSent) {
            call.endSent = true;
            frame(0, DATA, END_STREAM, call.id);
        }
    }

    /** Goes on with what had no window; each call gets its turn once. */
    private void sendWaiting() {
        for (int left = waiting.size(); left > 0 && window > 0; left--) {
            WireCall<?> call = waiting.remove();
            call.queued = false;
            if (!call.ended) {
                sendParts(call);
            }
        }
    }

    void cancel(WireCall<?> call, String message) {
        if (!call.ended && call.id != 0 && over == null) {
            calls.remove(call.id);
            frame(4, RST_STREAM, 0, call.id);
            out().writeInt(8);
            flushSoon();
        }
        call.end(Status.CANCELLED.withDescription(message));
    }

    /** The headers of a call: entered into the server's table the first time, references to it from then on. */
    private byte[] headersOf(MethodDescriptor<?, ?> method) {
        byte[] ready = requestHeaders.get(method.getFullMethodName());
        if (ready != null) {
            return ready;
        }
        List<String> pairs = List.of(
                ":path",
                "/" + method.getFullMethodName(),
                ":authority",
                endpoint.host() + ":" + endpoint.port(),
                "content-type",
                "application/grpc",
                "te",
                "trailers");
        List<String> fresh = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i += 2) {
            String pair = pairs.get(i) + "=" + pairs.get(i + 1);
            if (entered.putIfAbsent(pair, entered.size()) == null) {
                fresh.addAll(pairs.subList(i, i + 2));
            }
        }
        if (entered.size() > MOST_ENTRIES) {
            throw new IllegalStateException("too many methods on one connection");
        }
        if (!fresh.isEmpty()) {
            // what is entered moves what was there before
            requestHeaders.clear();
        } else {
            requestHeaders.put(method.getFullMethodName(), block(pairs, List.of()));
        }
        return block(pairs, fresh);
    }

    private byte[] block(List<String> pairs, List<String> fresh) {
        // Pseudo-headers come first, and entries are counted from the newest: so the new ones come in this order too.
        int before = entered.size() - fresh.size() / 2;
        int added = 0;
        byte[] literals = HeaderBlocks.literals(true, fresh);
        byte[] block = new byte[2 + literals.length + pairs.size() / 2];
        int at = 0;
        // :method POST and :scheme http or https are in every table
        block[at++] = (byte) 0x83;
        block[at++] = (byte) (endpoint.tls().isPresent() ? 0x87 : 0x86);
        int literalAt = 0;
        for (int i = 0; i < pairs.size(); i += 2) {
            int number = entered.get(pairs.get(i) + "=" + pairs.get(i + 1));
            if (number >= before) {
                int length = 3 + pairs.get(i).length() + pairs.get(i + 1).length();
                System.arraycopy(literals, literalAt, block, at, length);
                literalAt += length;
                at += length;
                added++;
            } else {
                block[at++] = (byte) (0x80 | FIRST_ENTRY + before + added - 1 - number);
            }
        }
        return Arrays.copyOf(block, at);
    }

    private ByteBuf out() {
        if (out == null) {
            out = channel.alloc().buffer(MAX_FRAME);
        }
        return out;
    }

    private void frame(int length, int type, int flags, int stream) {
        out().writeMedium(length).writeByte(type).writeByte(flags).writeInt(stream);
    }

    /** What is written while answers are read goes out when they are read; other things with the loop's next turn. */
    private void flushSoon() {
        if (connected && !reading && !flushing) {
            flushing = true;
            loop.execute(() -> {
                flushing = false;
                flush();
            });
        }
    }

    private void flush() {
        if (connected && out != null) {
            ByteBuf bytes = out;
            out = null;
            channel.writeAndFlush(bytes);
        }
    }

    // ---- receiving

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (endpoint.tls().isEmpty()) {
            begin(ctx);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (handshake.isSuccess()) {
                begin(ctx);
            } else {
                end(Status.UNAVAILABLE.withDescription("no TLS: " + handshake.cause()));
            }
        }
        super.userEventTriggered(ctx, event);
    }

    private void begin(ChannelHandlerContext ctx) {
        ByteBuf first = ctx.alloc().buffer();
        first.writeBytes(PREFACE);
        first.writeMedium(12).writeByte(SETTINGS).writeByte(0).writeInt(0);
        first.writeShort(SETTING_ENABLE_PUSH).writeInt(0);
        first.writeShort(SETTING_INITIAL_WINDOW).writeInt(receiveWindow);
        first.writeMedium(4).writeByte(WINDOW_UPDATE).writeByte(0).writeInt(0);
        first.writeInt(Integer.MAX_VALUE - DEFAULT_WINDOW);
        ctx.write(first);
        connected = true;
        ctx.flush();
        flush();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        reading = true;
        super.channelRead(ctx, message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        reading = false;
        flush();
        super.channelReadComplete(ctx);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> unused) throws Http2Exception {
        while (in.readableBytes() >= FRAME_HEADER) {
            int begin = in.readerIndex();
            int length = in.getUnsignedMedium(begin);
            if (in.readableBytes() < FRAME_HEADER + length) {
                return;
            }
            int type = in.getUnsignedByte(begin + 3);
            int flags = in.getUnsignedByte(begin + 4);
            int stream = in.getInt(begin + 5);
            in.skipBytes(FRAME_HEADER);
            int end = in.readerIndex() + length;
            frame(type, flags, stream, in.readSlice(length));
            in.readerIndex(end);
        }
    }

    private void frame(int type, int flags, int stream, ByteBuf payload) throws Http2Exception {
        switch (type) {
            case DATA -> data(flags, stream, payload);
            case HEADERS -> headers(flags, stream, payload);
            case RST_STREAM -> {
                WireCall<?> call = calls.remove(stream);
                if (call != null) {
                    call.end(Status.UNAVAILABLE.withDescription("the server reset the stream: " + payload.readInt()));
                }
            }
            case SETTINGS -> settings(flags, payload);
            case PING -> {
                if ((flags & ACK) == 0) {
                    frame(payload.readableBytes(), PING, ACK, 0);
                    out().writeBytes(payload);
                }
            }
            case GOAWAY -> end(Status.UNAVAILABLE.withDescription("the server sends its clients away"));
            case WINDOW_UPDATE -> {
                int bytes = payload.readInt();
                if (stream == 0) {
                    window += bytes;
                } else if (calls.get(stream) != null) {
                    calls.get(stream).window += bytes;
                }
                sendWaiting();
            }
            case CONTINUATION -> throw unexpected("headers in several frames");
            default -> {
                // other types are to be ignored
            }
        }
    }

    private static IllegalStateException unexpected(String what) {
        return new IllegalStateException("the server sent what this client does not know: " + what);
    }

    private void data(int flags, int stream, ByteBuf payload) {
        int bytes = payload.readableBytes();
        received += bytes;
        if (received > receiveWindow) {
            frame(4, WINDOW_UPDATE, 0, 0);
            out().writeInt(received);
            received = 0;
        }
        WireCall<?> call = calls.get(stream);
        if (call == null) {
            return;
        }
        unpad(flags, payload);
        call.data(payload);
        if ((flags & END_STREAM) != 0) {
            calls.remove(stream);
            call.end(Status.INTERNAL.withDescription("the answer ended without a status"));
            return;
        }
        call.received += bytes;
        if (call.received > receiveWindow / 2) {
            frame(4, WINDOW_UPDATE, 0, stream);
            out().writeInt(call.received);
            call.received = 0;
        }
    }

    private static void unpad(int flags, ByteBuf payload) {
        if ((flags & PADDED) != 0) {
            int padding = payload.readUnsignedByte();
            payload.writerIndex(payload.writerIndex() - padding);
        }
    }

    private void headers(int flags, int stream, ByteBuf payload) throws Http2Exception {
        if ((flags & END_HEADERS) == 0) {
            throw unexpected("headers in several frames");
        }
        unpad(flags, payload);
        if ((flags & PRIORITY) != 0) {
            payload.skipBytes(5);
        }
        Status status = headerBlocks.read(payload);
        if ((flags & END_STREAM) != 0) {
            WireCall<?> call = calls.remove(stream);
            if (call != null) {
                call.end(status == null ? Status.INTERNAL.withDescription("trailers without a status") : status);
            }
        }
    }

    private void settings(int flags, ByteBuf payload) {
        if ((flags & ACK) != 0) {
            return;
        }
        while (payload.readableBytes() >= 6) {
            int setting = payload.readUnsignedShort();
            int value = payload.readInt();
            if (setting == SETTING_HEADER_TABLE && value < HEADER_TABLE) {
                throw unexpected("a table of " + value + " bytes of headers");
            } else if (setting == SETTING_INITIAL_WINDOW) {
                int more = value - initialWindow;
                initialWindow = value;
                calls.values().forEach(call -> call.window += more);
            }
        }
        frame(0, SETTINGS, ACK, 0);
        sendWaiting();
    }

    // ---- the end

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        super.channelInactive(ctx);
        end(Status.UNAVAILABLE.withDescription("the server closed the connection"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        end(Status.INTERNAL.withDescription(String.valueOf(cause)).withCause(cause));
    }

    private void end(Status status) {
        if (over != null) {
            return;
        }
        over = status;
        channel.close();
        if (out != null) {
            out.release();
            out = null;
        }
        List<WireCall<?>> left = new ArrayList<>(calls.values());
        calls.clear();
        left.forEach(call -> call.end(status));
    }
}
