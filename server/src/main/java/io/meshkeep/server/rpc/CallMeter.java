package io.meshkeep.server.rpc;

import io.grpc.Status;
import io.meshkeep.server.metrics.MethodMetrics;
import io.meshkeep.server.metrics.ServerMetrics;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Counts one call: its start, its messages, and its end, once. */
final class CallMeter {
    private static final VarHandle ENDED;

    static {
        try {
            ENDED = MethodHandles.lookup().findVarHandle(CallMeter.class, "ended", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final MethodMetrics method;
    private final ServerMetrics server;
    private final long start;

    @SuppressWarnings("unused") // through the handle
    private volatile boolean ended;

    CallMeter(MethodMetrics method, ServerMetrics server) {
        this.method = method;
        this.server = server;
        this.start = method.started();
    }

    void received(int bytes) {
        method.messageReceived();
        server.receivedBytes().add(bytes);
    }

    void sent(int bytes) {
        method.messageSent();
        server.sentBytes().add(bytes);
    }

    /** Counts the end of the call; the first status that is given is the one that counts. */
    void ended(Status.Code code) {
        if (ENDED.compareAndSet(this, false, true)) {
            method.handled(code, start);
        }
    }
}
