package io.meshkeep.loadtest.client;

import io.grpc.ClientCall;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;

/** A call on a {@link WireConnection}. Confined to its event loop, but for what a {@link ClientCall} lets others do. */
final class WireCall<R> extends ClientCall<byte[], R> {
    /** Flags and length before each message. */
    private static final int MESSAGE_HEADER = 5;

    private final WireConnection connection;
    private final MethodDescriptor<byte[], R> method;
    private final Listener<R> listener;
    /** Requests that are not sent yet; the first of them perhaps in part. */
    private final Deque<ByteBuf> unsent = new ArrayDeque<>(1);

    int id;
    int window;
    /** Bytes received that the server was not yet given back. */
    int received;

    boolean queued;
    boolean halfClosed;
    boolean endSent;
    boolean ended;
    /** The part of a message that has come; null if that is none. */
    private CompositeByteBuf part;

    private boolean parsing;

    WireCall(WireConnection connection, MethodDescriptor<byte[], R> method, Listener<R> listener) {
        this.connection = connection;
        this.method = method;
        this.listener = listener;
    }

    MethodDescriptor<byte[], R> method() {
        return method;
    }

    Deque<ByteBuf> unsent() {
        return unsent;
    }

    void data(ByteBuf data) {
        parsing = true;
        ByteBuf from = data;
        boolean joined = part != null;
        if (joined) {
            part.addComponent(true, data.readRetainedSlice(data.readableBytes()));
            from = part;
        }
        while (!ended && from.readableBytes() >= MESSAGE_HEADER) {
            int length = from.getInt(from.readerIndex() + 1);
            if (from.readableBytes() - MESSAGE_HEADER < length) {
                break;
            }
            from.skipBytes(MESSAGE_HEADER);
            int end = from.readerIndex() + length;
            R message = method.parseResponse(new Message(from, length));
            from.readerIndex(end);
            listener.onMessage(message);
        }
        keep(from, joined);
    }

    /** @param joined whether what is left lies in {@link #part} already */
    private void keep(ByteBuf from, boolean joined) {
        parsing = false;
        if (joined) {
            if (!part.isReadable() || ended) {
                dropPart();
            } else {
                part.discardReadComponents();
            }
        } else if (from.isReadable() && !ended) {
            part = Unpooled.compositeBuffer(Integer.MAX_VALUE);
            part.addComponent(true, from.readRetainedSlice(from.readableBytes()));
        }
    }

    private void dropPart() {
        if (part != null) {
            part.release();
            part = null;
        }
    }

    void end(Status status) {
        if (ended) {
            return;
        }
        ended = true;
        unsent.forEach(ByteBuf::release);
        unsent.clear();
        if (!parsing) {
            dropPart();
        }
        listener.onClose(status, new Metadata());
    }

    @Override
    public void start(Listener<R> responseListener, Metadata headers) {
        throw new IllegalStateException("the call is started");
    }

    @Override
    public void request(int numMessages) {
        // answers come as they come
    }

    @Override
    public void sendMessage(byte[] message) {
        connection.run(() -> connection.send(this, message, false));
    }

    @Override
    public void halfClose() {
        connection.run(() -> connection.send(this, null, true));
    }

    @Override
    public void cancel(String message, Throwable cause) {
        connection.run(() -> connection.cancel(this, message));
    }

    /** A message where it lies. Valid while it is parsed. */
    private static final class Message extends InputStream implements KnownLength {
        private final ByteBuf buffer;
        private int left;

        Message(ByteBuf buffer, int length) {
            this.buffer = buffer;
            this.left = length;
        }

        @Override
        public int available() {
            return left;
        }

        @Override
        public int read() {
            if (left == 0) {
                return -1;
            }
            left--;
            return buffer.readByte() & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (left == 0 && length > 0) {
                return -1;
            }
            int n = Math.min(left, length);
            buffer.readBytes(target, offset, n);
            left -= n;
            return n;
        }

        @Override
        public byte[] readAllBytes() {
            byte[] bytes = new byte[left];
            buffer.readBytes(bytes);
            left = 0;
            return bytes;
        }

        @Override
        public long skip(long n) {
            int skipped = (int) Math.min(left, n);
            buffer.skipBytes(skipped);
            left -= skipped;
            return skipped;
        }
    }
}
