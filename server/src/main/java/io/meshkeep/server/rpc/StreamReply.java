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

    private final ServerCall<?, Encoded> call;
    private final CallMeter meter;
    private final Credentials credentials;
    private final AtomicBoolean owesRequest = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean answering;
    private volatile boolean halfClosed;

    StreamReply(ServerCall<?, Encoded> call, CallMeter meter, Credentials credentials) {
        this.call = call;
        this.meter = meter;
        this.credentials = credentials;
    }

    /** What the caller showed. */
    Credentials credentials() {
        return credentials;
    }

    void start() {
        call.sendHeaders(new Metadata());
        call.request(1);
    }

    boolean isReady() {
        return call.isReady();
    }

    /** Sends a message. One thread at a time; the lock, else free, is for {@link #close} by another. */
    synchronized void send(Encoded message) {
        try {
            if (!closed.get() && !call.isCancelled()) {
                call.sendMessage(message);
                meter.sent(message.size());
            }
        } catch (RuntimeException e) {
            // One stream's trouble must not reach the thread that sends to all of them.
            log.debug("a message could not be sent; its stream has ended", e);
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
        meter.ended(Status.Code.CANCELLED);
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
