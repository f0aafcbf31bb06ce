package io.meshkeep.store;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/** Waiting for threads to end, by callers that must not go on before: an interrupt is kept for later. */
public final class Threads {
    private Threads() {}

    /** Returns when the thread has ended; at once if it is the caller's own. */
    static void join(Thread thread) {
        if (thread != Thread.currentThread()) {
            uninterruptibly(() -> {
                thread.join();
                return true;
            });
        }
    }

    /** Returns when the executor, which must have been shut down, has ended its last task. */
    public static void join(ExecutorService executor) {
        uninterruptibly(() -> executor.awaitTermination(1, TimeUnit.DAYS));
    }

    private interface Wait {
        boolean ended() throws InterruptedException;
    }

    private static void uninterruptibly(Wait wait) {
        boolean interrupted = false;
        while (true) {
            try {
                if (wait.ended()) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
