package io.meshkeep.server.rpc;

import io.meshkeep.store.EtcdError;
import io.meshkeep.store.Store;
import io.meshkeep.store.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Compacts the store's files on request, one compaction at a time on a thread of its own, so that other calls do not wait
 * for it. Requests that come while one is running are served by the next, all of them together. Thread-safe.
 */
final class Defragmenter implements AutoCloseable {
    /** Who waits, at most; each is a call of a user with the role root. */
    private static final int MAX_WAITING = 4096;

    private record Waiting(Runnable done, Consumer<Throwable> failed) {}

    private final Runnable compaction;
    private final ThreadPoolExecutor executor;
    private List<Waiting> waiting = new ArrayList<>();

    Defragmenter(String name, Store store) {
        this(name, store::defragment);
    }

    Defragmenter(String name, Runnable compaction) {
        this.compaction = compaction;
        executor = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, name + "-defragment");
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    /**
     * Has the files compacted by a compaction that starts after this call.
     *
     * @param done run afterwards, by the thread that compacts
     * @param failed gets the reason instead if that does not come to an end
     */
    void run(Runnable done, Consumer<Throwable> failed) {
        synchronized (this) {
            if (waiting.size() >= MAX_WAITING) {
                throw EtcdError.TOO_MANY_REQUESTS.exception();
            }
            waiting.add(new Waiting(done, failed));
            if (waiting.size() > 1) {
                // whoever was first has it done for all
                return;
            }
        }
        try {
            executor.execute(this::compact);
        } catch (RejectedExecutionException stopped) {
            take().forEach(each -> each.failed.accept(EtcdError.STOPPED.exception()));
        }
    }

    private synchronized List<Waiting> take() {
        List<Waiting> taken = waiting;
        waiting = new ArrayList<>();
        return taken;
    }

    private void compact() {
        List<Waiting> served = take();
        try {
            compaction.run();
        } catch (RuntimeException e) {
            served.forEach(each -> each.failed.accept(e));
            return;
        } catch (Error e) {
            served.forEach(each -> each.failed.accept(e));
            throw e;
        }
        served.forEach(each -> each.done.run());
    }

    /** Waits for a compaction that is running: the store is closed next. */
    @Override
    public void close() {
        executor.shutdownNow();
        Threads.join(executor);
    }
}
