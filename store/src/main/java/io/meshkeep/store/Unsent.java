package io.meshkeep.store;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What {@link CatchUp} has found for watchers whose transport had no room for all of it. A transport takes some 64 KiB
 * at a time and a round finds some megabytes, so without this the same events would be read dozens of times. Bounded:
 * what has been kept longest is given up, and is read again when its watcher's turn comes. Touched by the watch thread
 * only.
 */
final class Unsent {
    /** The part of what was found that is still to be sent, from a body on. */
    record Rest(Found found, int next) {}

    private final long maxBytes;
    private final Map<Watcher, Rest> kept = new LinkedHashMap<>();
    private long bytes;

    /** @param maxBytes most memory that it may hold, nearly */
    Unsent(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Keeps the bodies from an index on for a watcher that has nothing here. */
    void keep(Watcher watcher, Found found, int next) {
        kept.put(watcher, new Rest(found, next));
        if (found.holders++ == 0) {
            bytes += memory(found);
        }
        Iterator<Rest> oldest = kept.values().iterator();
        while (bytes > maxBytes) {
            Rest rest = oldest.next();
            oldest.remove();
            released(rest.found);
        }
    }

    /** Gives out what is kept for a watcher, and keeps it no longer; null if there is nothing. */
    Rest take(Watcher watcher) {
        Rest rest = kept.remove(watcher);
        if (rest != null) {
            released(rest.found);
        }
        return rest;
    }

    private void released(Found found) {
        if (--found.holders == 0) {
            bytes -= memory(found);
        }
    }

    /** Bytes kept now. */
    long bytes() {
        return bytes;
    }

    /** The bodies, and the pairs that they were made of. */
    private static long memory(Found found) {
        return 2 * found.encodedBytes();
    }
}
