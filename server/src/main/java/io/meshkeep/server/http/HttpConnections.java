package io.meshkeep.server.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The open HTTP/1.1 connections of a service, so that they can be limited and ended. Thread-safe. */
final class HttpConnections {
    private final Set<HttpFront> open = ConcurrentHashMap.newKeySet();
    private final CountDownLatch terminated = new CountDownLatch(1);
    private final int limit;
    private volatile boolean shutdown;

    HttpConnections(int limit) {
        this.limit = limit;
    }

    /**
     * Takes a connection into account.
     *
     * @return whether there is room for it
     */
    boolean add(HttpFront connection) {
        open.add(connection);
        if (shutdown) {
            connection.shutdown();
        }
        return open.size() <= limit;
    }

    void remove(HttpFront connection) {
        open.remove(connection);
        checkTerminated();
    }

    int size() {
        return open.size();
    }

    /** Ends each connection once it has answered the request that it is at. New ones end at once. */
    void shutdown() {
        shutdown = true;
        open.forEach(HttpFront::shutdown);
        checkTerminated();
    }

    /** Closes each connection. */
    void shutdownNow() {
        shutdown();
        open.forEach(HttpFront::close);
    }

    boolean awaitTermination(Duration timeout) throws InterruptedException {
        return terminated.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void checkTerminated() {
        if (shutdown && open.isEmpty()) {
            terminated.countDown();
        }
    }
}
