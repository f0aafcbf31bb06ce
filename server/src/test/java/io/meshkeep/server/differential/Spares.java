package io.meshkeep.server.differential;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Starts servers ahead of need, since etcd spends a second on electing itself. Not thread-safe. */
final class Spares implements SystemUnderTest.Starter, AutoCloseable {
    private final SystemUnderTest.Starter starter;
    private final int count;
    private final ExecutorService executor;
    private final Deque<CompletableFuture<SystemUnderTest>> starting = new ArrayDeque<>();

    Spares(SystemUnderTest.Starter starter, int count) {
        this.starter = starter;
        this.count = count;
        executor = Executors.newFixedThreadPool(count);
    }

    @Override
    public SystemUnderTest start() {
        while (starting.size() < count) {
            starting.add(CompletableFuture.supplyAsync(starter::start, executor));
        }
        try {
            return starting.remove().join();
        } catch (CompletionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void close() {
        starting.forEach(s -> s.thenAccept(SystemUnderTest::close).join());
        starting.clear();
        executor.shutdown();
    }
}
