package io.meshkeep.server.http;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many calls all connections together may have open: each takes memory, whether anything happens on it or not, and
 * etcd lets a client have as many as it likes. A connection gets at most as many as are left, so one that takes all it
 * can leaves half to the others, two leave a third, and so on. Thread-safe.
 */
public final class StreamBudget {
    private final int limit;
    private final AtomicInteger open = new AtomicInteger();

    /** @param limit open calls, at most */
    public StreamBudget(int limit) {
        this.limit = limit;
    }

    /**
     * Takes one, if there is one for this connection.
     *
     * @param own how many the connection has
     */
    boolean take(int own) {
        if (own >= limit - open.get()) {
            return false;
        }
        open.incrementAndGet();
        return true;
    }

    void giveBack(int count) {
        open.addAndGet(-count);
    }

    /** Calls that are open. */
    int open() {
        return open.get();
    }
}
