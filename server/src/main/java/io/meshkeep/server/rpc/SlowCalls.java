package io.meshkeep.server.rpc;

import io.meshkeep.store.EtcdError;
import io.meshkeep.store.Threads;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Where calls go that would hold up an event loop: long lists, reads from disk. A few threads and a bounded queue ("too
 * many requests" when it is full), in which connections take turns: see {@link FairQueue}. Answers of some size go out
 * only when {@link UnreadBytes} has room for them; no thread waits for that.
 */
final class SlowCalls implements AutoCloseable {
    private static final int THREADS = 2;

    /** Answers below this size are not counted: the call itself takes about as much. */
    private static final int COUNTED = 4 << 10;

    /** Encoding an answer of this size is not for the store's thread. */
    private static final int LARGE = 256 << 10;

    /** Makes an answer. May be called again if there was no room for what it made. */
    interface Read {
        /** @param first whether it is the first time */
        Encoded answer(boolean first);
    }

    private final ThreadPoolExecutor executor;
    private final FairQueue queue = new FairQueue();
    private final UnreadBytes unread;

    SlowCalls(String name, UnreadBytes unread) {
        this.unread = unread;
        // What it is given is to run the next of the other queue, which is the one with the limit.
        executor = new ThreadPoolExecutor(THREADS, THREADS, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, name + "-slow-calls");
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    /** Runs the call's work on another thread; what it throws becomes the call's status. */
    void run(Reply reply, Runnable work) {
        run(reply, null, work);
    }

    /** The same with room that is given back if nothing comes of it. */
    private void run(Reply reply, UnreadBytes.Held room, Runnable work) {
        boolean queued = queue.add(reply.connection(), () -> {
            if (reply.isCancelled()) {
                giveBack(room);
                return;
            }
            try {
                work.run();
            } catch (RuntimeException e) {
                giveBack(room);
                reply.fail(e);
            } catch (Error e) {
                giveBack(room);
                reply.fail(new IllegalStateException("the answer could not be made: " + e, e));
                throw e;
            }
        });
        if (!queued) {
            giveBack(room);
            reply.fail(Statuses.of(EtcdError.TOO_MANY_REQUESTS));
            return;
        }
        try {
            executor.execute(queue::runNext);
        } catch (RejectedExecutionException e) {
            giveBack(room);
            reply.fail(Statuses.of(EtcdError.STOPPED));
        }
    }

    private static void giveBack(UnreadBytes.Held room) {
        if (room != null) {
            room.release();
        }
    }

    /** Answers a read on another thread. */
    void read(Reply reply, Read read) {
        run(reply, () -> readHere(reply, read));
    }

    /** Answers a read that is quickly made on the caller's thread. */
    void readHere(Reply reply, Read read) {
        Encoded answer = read.answer(true);
        UnreadBytes.Held room = null;
        if (answer.size() >= COUNTED) {
            room = unread.tryHold(answer.size(), reply.connectionCut());
            if (room == null) {
                awaitRoom(reply, answer.size(), read);
                return;
            }
        }
        send(reply, answer, room);
    }

    /** What was read is dropped meanwhile, so that those who wait need no memory. */
    private void awaitRoom(Reply reply, int bytes, Read read) {
        boolean waits = unread.await(
                bytes,
                0,
                reply.connectionCut(),
                room -> run(reply, room, () -> {
                    Encoded answer = read.answer(false);
                    room.resize(answer.size());
                    send(reply, answer, room);
                }),
                () -> reply.fail(Statuses.of(EtcdError.TOO_MANY_REQUESTS)));
        if (!waits) {
            reply.fail(Statuses.of(EtcdError.TOO_MANY_REQUESTS));
        }
    }

    /** Sends the answer to a write, which cannot be made again. For any thread that should not be held up for long. */
    void send(Reply reply, Encoded answer) {
        if (answer.size() < COUNTED) {
            reply.send(answer);
            return;
        }
        UnreadBytes.Held room = unread.tryHold(answer.size(), reply.connectionCut());
        if (room != null && answer.size() < LARGE) {
            send(reply, answer, room);
        } else if (room != null) {
            run(reply, room, () -> send(reply, answer, room));
        } else if (!unread.await(
                answer.size(),
                answer.size(),
                reply.connectionCut(),
                given -> run(reply, given, () -> send(reply, answer, given)),
                () -> reply.fail(Statuses.of(EtcdError.TOO_MANY_REQUESTS)))) {
            reply.fail(Statuses.of(EtcdError.TOO_MANY_REQUESTS));
        }
    }

    private static void send(Reply reply, Encoded answer, UnreadBytes.Held room) {
        if (room != null) {
            reply.whenEnded(room::release);
        }
        reply.send(answer);
    }

    /** Waits for calls that are being worked on: they may be reading from the store, which is closed next. */
    @Override
    public void close() {
        executor.shutdownNow();
        Threads.join(executor);
    }
}
