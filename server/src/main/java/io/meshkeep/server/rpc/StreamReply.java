package io.meshkeep.server.rpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.meshkeep.store.Credentials;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sending side of a stream on which every request has an answer. It takes the client's next request only when the
 * transport has room for another answer, so a client that asks and never reads holds no memory of ours.
 */
final class StreamReply {
    private static final Logger log = LoggerFactory.getLogger(StreamReply.class);

    /** From this size on a message makes gRPC say that a stream is not ready, and then that it is again. */
    private static final int COUNTED = 32 << 10;

    private final ServerCall<?, Encoded> call;
    private final CallMeter meter;
    private final Credentials credentials;
    private final AtomicBoolean owesRequest = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final UnreadBytes unread;
    private Runnable roomAgain = () -> {};
    /** What the transport has that made it say it has enough; null while it says nothing of the kind. Guarded by this. */
    private UnreadBytes.Held held;

    private volatile boolean answering;
    private volatile boolean halfClosed;

    StreamReply(ServerCall<?, Encoded> call, CallMeter meter, UnreadBytes unread, Credentials credentials) {
        this.call = call;
        this.meter = meter;
        this.unread = unread;
        this.credentials = credentials;
    }

    /** @param action run when {@link #isReady()}, having said no, may say yes, but for {@link #ready()} */
    void onRoom(Runnable action) {
        roomAgain = action;
    }

    /** What the caller showed. */
    Credentials credentials() {
        return credentials;
    }

    void start() {
        call.sendHeaders(new Metadata());
        call.request(1);
    }

    /** Whether the transport takes another message, and the server has the memory for it. */
    boolean isReady() {
        return call.isReady() && (unread.hasRoom(roomAgain) || closed.get());
    }

    /** Sends a message. One thread at a time; the lock, else free, is for {@link #close} by another. */
    synchronized void send(Encoded message) {
        try {
            if (!closed.get() && !call.isCancelled()) {
                if (message.size() >= COUNTED) {
                    hold(message.size());
                }
                call.sendMessage(message);
                meter.sent(message.size());
            }
        } catch (RuntimeException e) {
            // One stream's trouble must not reach the thread that sends to all of them.
            log.debug("a message could not be sent; its stream has ended", e);
        }
    }

    /** Counts a message that the transport will not have sent at once; {@link #ready} says when it has. */
    private void hold(int bytes) {
        if (held == null) {
            held = unread.hold(bytes, ClientConnection.cutOf(call.getAttributes()));
        } else {
            held.resize(held.bytes() + bytes);
        }
    }

    private void release() {
        UnreadBytes.Held sent;
        synchronized (this) {
            sent = held;
            held = null;
        }
        if (sent != null) {
            sent.release();
        }
    }

    /** Asks for the next request, now or when the transport has room. */
    void requestNext() {
        answering = false;
        if (halfClosed) {
            close(Status.OK);
            return;
        }
        owesRequest.set(true);
        if (call.isReady()) {
            ready();
        }
    }

    /** The transport has room again. */
    void ready() {
        release();
        if (owesRequest.compareAndSet(true, false)) {
            call.request(1);
        }
    }

    /** A request has come and its answer is being made. */
    void answering() {
        answering = true;
    }

    /** The client has no more requests: the stream ends after the answer that is being made. */
    void halfClosed() {
        halfClosed = true;
        if (!answering) {
            close(Status.OK);
        }
    }

    /** The transport is done with the stream. */
    void ended() {
        closed.set(true);
        unread.forget(roomAgain);
        release();
        meter.ended(ClientConnection.endOf(call.getAttributes()));
    }

    /** Ends the stream, if it has not ended yet. Any thread. */
    synchronized void close(Status status) {
        if (closed.compareAndSet(false, true)) {
            meter.ended(status.getCode());
            try {
                call.close(status, new Metadata());
            } catch (IllegalStateException e) {
                log.debug("a stream that has ended was closed", e);
            }
        }
    }
}
