package io.meshkeep.clustermesh.workload;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work by name, done by one thread: a name that is asked for several times before its turn is done once, and one whose
 * work fails is tried again, after longer and longer waits. As many names wait as there are, no more. Thread-safe.
 */
final class RetryQueue implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RetryQueue.class);

    private static final Duration FIRST_WAIT = Duration.ofMillis(100);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

    /** The work for one name. */
    interface Work {
        void run(String name) throws Exception;
    }

    private record Planned(ScheduledFuture<?> task, long at) {}

    private final ScheduledThreadPoolExecutor thread;
    private final Work work;
    private final Map<String, Planned> planned = new HashMap<>();
    private final Map<String, Integer> failures = new HashMap<>();

    RetryQueue(String threadName, Work work) {
        this.work = work;
        thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread made = new Thread(task, threadName);
            made.setDaemon(true);
            return made;
        });
        thread.setRemoveOnCancelPolicy(true);
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Has a name's work done soon, even if it waits to be tried again. */
    void add(String name) {
        add(name, Duration.ZERO);
    }

    /** Has a name's work done after a while, or earlier if that is planned already. */
    synchronized void add(String name, Duration after) {
        if (thread.isShutdown()) {
            return;
        }
        long at = System.nanoTime() + after.toNanos();
        Planned earlier = planned.get(name);
        if (earlier != null) {
            if (earlier.at - at <= 0) {
                return;
            }
            earlier.task.cancel(false);
        }
        planned.put(name, new Planned(thread.schedule(() -> run(name), after.toNanos(), TimeUnit.NANOSECONDS), at));
    }

    private void run(String name) {
        synchronized (this) {
            planned.remove(name);
        }
        try {
            work.run(name);
            synchronized (this) {
                failures.remove(name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            if (!thread.isShutdown()) {
                add(name, waitAfter(name, e));
            }
        }
    }

    private synchronized Duration waitAfter(String name, Exception failure) {
        int before = failures.merge(name, 1, Integer::sum) - 1;
        Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(before, 16));
        if (wait.compareTo(LONGEST_WAIT) > 0) {
            wait = LONGEST_WAIT;
        }
        log.warn("{}: {}; trying again in {} ms", name, failure.getMessage(), wait.toMillis());
        log.debug("what failed for {}", name, failure);
        return wait;
    }

    /** Ends after the work that is being done, which is interrupted. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            if (!thread.awaitTermination(10, TimeUnit.SECONDS)) {
                log.warn("work that was interrupted has not ended");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
