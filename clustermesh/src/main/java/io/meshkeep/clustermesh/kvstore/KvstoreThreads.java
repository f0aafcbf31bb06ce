package io.meshkeep.clustermesh.kvstore;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads that all clients of a process share. They end when there is nothing to do, and hold up no exit. */
final class KvstoreThreads {
    /** For the clients' own work, which never blocks. */
    static final ExecutorService WORK =
            pool("kvstore", Math.max(2, Runtime.getRuntime().availableProcessors()));

    /** For followers, so that one that takes its time holds up no lease. */
    static final ExecutorService FOLLOWERS = pool("kvstore-follower", 8);

    static final ScheduledExecutorService TIMER = timer();

    private KvstoreThreads() {}

    private static ExecutorService pool(String name, int size) {
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(size, size, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), daemons(name));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static ScheduledExecutorService timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, daemons("kvstore-timer"));
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    private static ThreadFactory daemons(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}
