package io.meshkeep.server.direct;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call. Its handler may answer from any thread, one at a time; all else happens on the connection's event loop.
 * Messages wait for the handler to ask for them, and their bytes for that long count against the stream's window.
 */
final class DirectCall<Q, R> extends ServerCall<Q, R> {
    private static final Logger log = LoggerFactory.getLogger(DirectCall.class);

    /** Flags and length before each message. */
    static final int MESSAGE_HEADER = 5;

    /** With so many bytes on their way the call is not ready for more, as gRPC has it. */
    private static final int READY_BYTES = 32 << 10;

    private final ServerMethodDefinition<Q, R> method;
    private final Http2Stream stream;
    private final DirectWriter writer;
    private final Attributes attributes;
    private final boolean unary;

    // event loop
    private Listener<Q> listener;
    /** What has come and is not taken; null if that is nothing. */
    private ByteBuf received;

    /** Whether {@link #received} is the frame at hand, and not a buffer of our own. */
    private boolean borrowed;
    /** Bytes that came and were not yet given back to the stream's window. */
    private int owed;

    private boolean delivering;
    private boolean halfClosed;
    private boolean halfCloseTold;
    private boolean broken;
    private boolean ended;

    // the handler's thread
    private boolean headersSent;
    private R unaryAnswer;

    private final AtomicInteger requested = new AtomicInteger();
    private final AtomicInteger unsent = new AtomicInteger();
    private volatile boolean closed;
    private volatile boolean cancelled;

    DirectCall(ServerMethodDefinition<Q, R> method, Http2Stream stream, DirectWriter writer, Attributes attributes) {
        this.method = method;
        this.stream = stream;
        this.writer = writer;
        this.attributes = attributes;
        this.unary = method.getMethodDescriptor().getType() == MethodDescriptor.MethodType.UNARY;
    }

    Http2Stream stream() {
        return stream;
    }

    // ---- what comes

    void begin(Metadata metadata) {
        try {
            listener = method.getServerCallHandler().startCall(this, metadata);
        } catch (RuntimeException e) {
            listener = new Listener<>() {};
            fail(e);
        }
        deliver();
    }

    /** Takes a frame of data; returns how many of its bytes are given back to the window. */
    int received(ByteBuf data, int padding, boolean endOfStream) {
        int bytes = data.readableBytes() + padding;
        if (endOfStream) {
            halfClosed = true;
        }
        if (broken || ended) {
            return bytes;
        }
        owed += bytes;
        if (received == null) {
            received = data;
            borrowed = true;
            deliver();
            if (received != null) {
                received = data.isReadable() ? writer.copy(data) : null;
            }
            borrowed = false;
        } else {
            received.discardSomeReadBytes().writeBytes(data);
            deliver();
        }
        return giveBack();
    }

    void halfClosed() {
        halfClosed = true;
        deliver();
    }

    /** Hands on what has come, as far as it was asked for. A handler that asks for more meanwhile gets it here too. */
    private void deliver() {
        if (delivering || listener == null) {
            return;
        }
        delivering = true;
        try {
            while (!broken && !ended && received != null && requested.get() > 0) {
                Q message = next();
                if (message == null) {
                    break;
                }
                requested.decrementAndGet();
                listener.onMessage(message);
            }
            if (halfClosed && !halfCloseTold && !broken && !ended && !hasMessage()) {
                halfCloseTold = true;
                listener.onHalfClose();
            }
        } catch (RuntimeException e) {
            fail(e);
        } finally {
            delivering = false;
            if (broken || ended) {
                dropReceived();
            }
        }
    }

    private boolean hasMessage() {
        return received != null
                && received.readableBytes() >= MESSAGE_HEADER
                && received.readableBytes() - MESSAGE_HEADER >= received.getInt(received.readerIndex() + 1);
    }

    /** The next message, or null if it has not come whole. */
    private Q next() {
        if (!hasMessage()) {
            return null;
        }
        int flags = received.readByte();
        int length = received.readInt();
        if (flags != 0 || length < 0) {
            breakOff(Status.INTERNAL.withDescription("grpc: compressed flag set with identity or empty encoding"));
            return null;
        }
        int end = received.readerIndex() + length;
        Q message = method.getMethodDescriptor().parseRequest(new MessageStream(received, length));
        received.readerIndex(end);
        if (!received.isReadable()) {
            dropReceived();
        }
        return message;
    }

    private void dropReceived() {
        if (received != null && !borrowed) {
            received.release();
        }
        received = null;
    }

    /**
     * What of the bytes owed can be given back: all but whole messages that wait. A message that is still coming must
     * have room to come.
     */
    private int giveBack() {
        int kept = hasMessage() ? received.readableBytes() : 0;
        int back = Math.max(0, owed - kept);
        owed -= back;
        return back;
    }

    private void fail(RuntimeException e) {
        log.error("a call of {} failed", method.getMethodDescriptor().getFullMethodName(), e);
        breakOff(Status.UNKNOWN.withDescription("Application error processing RPC"));
    }

    /** Takes no more of this call, and answers it if it was not answered. */
    private void breakOff(Status status) {
        broken = true;
        if (!closed) {
            close(status, new Metadata());
        }
    }

    /** The stream is gone, in one way or another. */
    void streamClosed() {
        if (ended) {
            return;
        }
        ended = true;
        if (!delivering) {
            dropReceived();
        }
        boolean complete = closed;
        cancelled = !complete;
        if (listener != null) {
            try {
                if (complete) {
                    listener.onComplete();
                } else {
                    listener.onCancel();
                }
            } catch (RuntimeException e) {
                log.error("the end of a call failed", e);
            }
        }
    }

    boolean hasEnded() {
        return ended;
    }

    /** So many bytes of messages have gone to the operating system, or to nowhere. */
    void sent(int bytes) {
        int before = unsent.getAndAdd(-bytes);
        if (!unary && before >= READY_BYTES && before - bytes < READY_BYTES && !ended && !closed) {
            try {
                listener.onReady();
            } catch (RuntimeException e) {
                fail(e);
            }
        }
    }

    // ---- what the handler does

    @Override
    public void request(int numMessages) {
        requested.addAndGet(numMessages);
        if (writer.inEventLoop()) {
            if (!delivering && received != null) {
                writer.execute(this::deliverLater);
            }
        } else if (!unary) {
            writer.execute(this::deliverLater);
        }
    }

    private void deliverLater() {
        deliver();
        int back = giveBack();
        if (back > 0 && !ended) {
            try {
                writer.consumed(stream, back);
            } catch (Http2Exception e) {
                log.debug("a window could not be updated", e);
            }
        }
    }

    @Override
    public void sendHeaders(Metadata headers) {
        if (!unary) {
            headersSent = true;
            writer.write(new Outgoing(this, true, null, 0, null));
        }
    }

    @Override
    public void sendMessage(R message) {
        if (closed || cancelled) {
            return;
        }
        if (unary) {
            unaryAnswer = message;
        } else {
            send(message, false, null);
        }
    }

    private void send(R message, boolean headers, Status status) {
        InputStream bytes = method.getMethodDescriptor().streamResponse(message);
        int size = MessageStream.size(bytes);
        unsent.addAndGet(size);
        writer.write(new Outgoing(this, headers, bytes, size, status));
    }

    @Override
    public void close(Status status, Metadata trailers) {
        if (closed) {
            throw new IllegalStateException("the call is closed");
        }
        closed = true;
        if (cancelled) {
            return;
        }
        if (unary && status.isOk() && unaryAnswer != null) {
            send(unaryAnswer, true, status);
        } else {
            writer.write(new Outgoing(this, !headersSent, null, 0, status));
        }
    }

    @Override
    public boolean isReady() {
        return unsent.get() < READY_BYTES && !closed && !cancelled;
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
        return method.getMethodDescriptor();
    }

    @Override
    public Attributes getAttributes() {
        return attributes;
    }

    /**
     * Something to be sent: the head of the answer, a message, the end; any of them together.
     *
     * @param headers whether the head goes out with it
     * @param message null if there is none
     * @param size of the message, in bytes
     * @param status how the call ends, null if it goes on
     */
    record Outgoing(DirectCall<?, ?> call, boolean headers, InputStream message, int size, Status status) {}
}
