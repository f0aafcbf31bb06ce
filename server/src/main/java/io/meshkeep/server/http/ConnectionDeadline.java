package io.meshkeep.server.http;

import io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection that does not reach its next step in time. Moving the deadline is free: the one task in the event
 * loop's queue finds out when it runs, and waits again. Used on the event loop alone.
 */
final class ConnectionDeadline {
    private final ChannelHandlerContext ctx;
    private final long timeoutNanos;
    private long deadline;
    private Future<?> check;

    ConnectionDeadline(ChannelHandlerContext ctx, long timeoutNanos) {
        this.ctx = ctx;
        this.timeoutNanos = timeoutNanos;
        this.deadline = now() + timeoutNanos;
        this.check = ctx.executor().schedule(this::check, timeoutNanos, TimeUnit.NANOSECONDS);
    }

    /** A step has been reached: the next one has the full time again. */
    void restart() {
        deadline = now() + timeoutNanos;
    }

    void cancel() {
        check.cancel(false);
    }

    private void check() {
        long left = deadline - now();
        if (left <= 0) {
            ctx.close();
        } else {
            check = ctx.executor().schedule(this::check, left, TimeUnit.NANOSECONDS);
        }
    }

    private long now() {
        return ctx.executor().ticker().nanoTime();
    }
}
