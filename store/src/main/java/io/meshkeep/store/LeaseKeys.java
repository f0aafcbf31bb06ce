package io.meshkeep.store;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The keys of one lease while a batch attaches and detaches some. Changes stand beside the immutable set and are merged
 * into it a few at a time, so that a question about all keys looks at a few changes and at ranks in the set, however
 * many keys there are and whoever asked before. Used by one thread.
 */
final class LeaseKeys {
    /** So many changes may stand beside the set when a question is asked. */
    private static final int MAX_ASIDE = 32;

    private ChunkedSortedSet<byte[]> keys;
    /** Keys that are attached (true) though not in the set, and those in it that are not (false). */
    private final NavigableMap<byte[], Boolean> aside = new TreeMap<>(Arrays::compareUnsigned);

    private int size;

    LeaseKeys(ChunkedSortedSet<byte[]> keys) {
        this.keys = keys;
        this.size = keys.size();
    }

    /** Attaches a key that is not attached. */
    void attach(byte[] key) {
        flip(key, true);
        size++;
    }

    /** Detaches a key that is attached. */
    void detach(byte[] key) {
        flip(key, false);
        size--;
    }

    private void flip(byte[] key, boolean attached) {
        Boolean before = aside.remove(key);
        if (before == null) {
            aside.put(key, attached);
        } else if (before == attached) {
            throw new IllegalStateException("a key was " + (attached ? "attached" : "detached") + " twice");
        }
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Whether all keys are in these intervals. */
    boolean within(KeyIntervals intervals) {
        if (aside.size() > MAX_ASIDE) {
            merge();
        }
        int inside = intervals.count(keys);
        for (Map.Entry<byte[], Boolean> change : aside.entrySet()) {
            if (intervals.contains(change.getKey())) {
                inside += change.getValue() ? 1 : -1;
            }
        }
        return inside == size;
    }

    /** The keys, in order. */
    ChunkedSortedSet<byte[]> all() {
        merge();
        return keys;
    }

    private void merge() {
        if (aside.isEmpty()) {
            return;
        }
        byte[][] elements = new byte[aside.size()][];
        boolean[] remove = new boolean[elements.length];
        int n = 0;
        for (Map.Entry<byte[], Boolean> change : aside.entrySet()) {
            elements[n] = change.getKey();
            remove[n++] = !change.getValue();
        }
        keys = keys.update(elements, remove, n);
        aside.clear();
    }
}
