package io.meshkeep.server.rpc;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/**
 * Tasks of several owners, who take turns: one with thousands of them makes another wait for one. Bounded; an owner gets
 * at most as many places as it leaves to others. Thread-safe.
 */
final class FairQueue {
    private static final int DEFAULT_LIMIT = 4096;

    private final int limit;
    private final Map<Object, Queue<Runnable>> tasks = new HashMap<>();
    /** Those who have tasks, whose turn is next first. */
    private final Deque<Object> turns = new ArrayDeque<>();

    private int size;

    FairQueue() {
        this(DEFAULT_LIMIT);
    }

    FairQueue(int limit) {
        this.limit = limit;
    }

    /** False if there is no place. */
    synchronized boolean add(Object owner, Runnable task) {
        Queue<Runnable> own = tasks.get(owner);
        if ((own == null ? 0 : own.size()) >= limit - size) {
            return false;
        }
        if (own == null) {
            own = new ArrayDeque<>();
            tasks.put(owner, own);
            turns.add(owner);
        }
        own.add(task);
        size++;
        return true;
    }

    /** Runs the task whose turn it is; to be called once for each that was added. */
    void runNext() {
        Runnable next = next();
        if (next != null) {
            next.run();
        }
    }

    private synchronized Runnable next() {
        Object owner = turns.poll();
        if (owner == null) {
            return null;
        }
        Queue<Runnable> own = tasks.get(owner);
        Runnable next = own.remove();
        size--;
        if (own.isEmpty()) {
            tasks.remove(owner);
        } else {
            turns.add(owner);
        }
        return next;
    }
}
