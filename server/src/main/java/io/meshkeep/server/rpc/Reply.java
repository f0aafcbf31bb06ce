package io.meshkeep.server.rpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.meshkeep.store.Credentials;
import io.meshkeep.store.EtcdException;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where the one answer to a unary call goes. May be used by any thread, once. */
final class Reply {
    private static final Logger log = LoggerFactory.getLogger(Reply.class);

    private final ServerCall<?, Encoded> call;
    private final CallMeter meter;
    private final Credentials credentials;
    private final AtomicReference<Runnable> onEnd = new AtomicReference<>();

    Reply(ServerCall<?, Encoded> call, CallMeter meter, Credentials credentials) {
        this.call = call;
        this.meter = meter;
        this.credentials = credentials;
    }

    /** What the caller showed. */
    Credentials credentials() {
        return credentials;
    }

    boolean isCancelled() {
        return call.isCancelled();
    }

    /** Whose turn it is when calls have to wait; the same for all calls of a connection. */
    Object connection() {
        ClientConnection client = call.getAttributes().get(ClientConnection.KEY);
        return client == null ? Reply.class : client;
    }

    /** Ends the client's connection; null if it has none that could be ended. */
    Runnable connectionCut() {
        return ClientConnection.cutOf(call.getAttributes());
    }

    void send(Encoded message) {
        try {
            call.sendHeaders(new Metadata());
            call.sendMessage(message);
            meter.sent(message.size());
            meter.ended(Status.Code.OK);
            call.close(Status.OK, new Metadata());
        } catch (IllegalStateException e) {
            // the client cancelled in between; there is nobody to tell
            log.debug("a cancelled call was answered", e);
        }
    }

    void fail(Status status) {
        try {
            meter.ended(status.getCode());
            call.close(status, new Metadata());
        } catch (IllegalStateException e) {
            log.debug("a cancelled call was answered", e);
        }
    }

    void fail(Throwable failure) {
        fail(Statuses.of(failure));
    }

    void fail(EtcdException refused) {
        fail(Statuses.of(refused.error()));
    }

    /** Has something run when the transport is done with the call, also if it is done already. */
    void whenEnded(Runnable action) {
        if (!onEnd.compareAndSet(null, action)) {
            action.run();
        }
    }

    /** The transport is done with the call. */
    void ended() {
        // counts only if no answer was sent
        meter.ended(ClientConnection.endOf(call.getAttributes()));
        Runnable action = onEnd.getAndSet(ENDED);
        if (action != null && action != ENDED) {
            action.run();
        }
    }

    private static final Runnable ENDED = () -> {};
}
