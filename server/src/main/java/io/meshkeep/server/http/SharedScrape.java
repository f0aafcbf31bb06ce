package io.meshkeep.server.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * Runs something slow at most once at a time, and queues it at most once more: whoever asks while it waits to begin
 * shares its result, whoever asks while it runs gets the next one, so that no result is older than its request.
 * Thread-safe.
 */
final class SharedScrape {
    private final Supplier<byte[]> work;
    private final Executor executor;
    private CompletableFuture<byte[]> next;
    private boolean running;

    SharedScrape(Supplier<byte[]> work, Executor executor) {
        this.work = work;
        this.executor = executor;
    }

    /** The result of a run that begins after this call. */
    synchronized CompletableFuture<byte[]> result() {
        if (next != null) {
            return next;
        }
        CompletableFuture<byte[]> result = new CompletableFuture<>();
        next = result;
        if (!running) {
            start();
        }
        return result;
    }

    private void start() {
        running = true;
        try {
            executor.execute(this::run);
        } catch (RejectedExecutionException e) {
            running = false;
            CompletableFuture<byte[]> refused = next;
            next = null;
            refused.completeExceptionally(e);
        }
    }

    private void run() {
        CompletableFuture<byte[]> mine;
        synchronized (this) {
            mine = next;
            next = null;
        }
        try {
            mine.complete(work.get());
        } catch (RuntimeException | Error e) {
            mine.completeExceptionally(e);
        }
        synchronized (this) {
            running = false;
            if (next != null) {
                start();
            }
        }
    }
}
