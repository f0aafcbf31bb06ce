package io.meshkeep.server.rpc;

import io.meshkeep.store.EtcdError;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Where calls go that would hold up an event loop: long lists, reads from disk, file compactions. A few threads, a
 * bounded queue ("too many requests" when it is full), and a budget for the bytes of large answers that clients have
 * not taken yet.
 */
final class SlowCalls implements AutoCloseable {
    private static final int THREADS = 2;
    private static final int QUEUE = 4096;
    /** Answers below this size are the transport's business. */
    private static final int LARGE = 256 << 10;

    private static final int UNIT = 1024;
    private static final long BUDGET_WAIT_SECONDS = 7;

    private final ThreadPoolExecutor executor;
    private final int budgetUnits = (int) Math.min(
            Integer.MAX_VALUE, Math.max(64L << 20, Runtime.getRuntime().maxMemory() / 3) / UNIT);
    private final Semaphore budget = new Semaphore(budgetUnits, true);

    SlowCalls(String name) {
        executor =
                new ThreadPoolExecutor(THREADS, THREADS, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(QUEUE), task -> {
                    Thread thread = new Thread(task, name + "-slow-calls");
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
    }

    /** Runs the call's work on another thread; what it throws becomes the call's status. */
    void run(Reply reply, Runnable work) {
        try {
            executor.execute(() -> {
                if (reply.isCancelled()) {
                    return;
                }
                try {
                    work.run();
                } catch (RuntimeException e) {
                    reply.fail(e);
                }
            });
        } catch (RejectedExecutionException e) {
            reply.fail(Statuses.of(executor.isShutdown() ? EtcdError.STOPPED : EtcdError.TOO_MANY_REQUESTS));
        }
    }

    boolean isLarge(Encoded answer) {
        return answer.size() >= LARGE;
    }

    /** Sends an answer, a large one only when there is room in the budget for it. Blocks; for {@link #run} only. */
    void send(Reply reply, Encoded answer) {
        if (!isLarge(answer)) {
            reply.send(answer);
            return;
        }
        // one answer larger than the whole budget is let through alone
        int units = Math.min(budgetUnits, answer.size() / UNIT);
        try {
            if (!budget.tryAcquire(units, BUDGET_WAIT_SECONDS, TimeUnit.SECONDS)) {
                reply.fail(Statuses.of(EtcdError.TOO_MANY_REQUESTS));
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reply.fail(Statuses.of(EtcdError.STOPPED));
            return;
        }
        reply.whenEnded(() -> budget.release(units));
        reply.send(answer);
    }

    /** Waits for calls that are being worked on: they may be reading from the store, which is closed next. */
    @Override
    public void close() {
        executor.shutdownNow();
        boolean interrupted = false;
        while (!executor.isTerminated()) {
            try {
                executor.awaitTermination(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
