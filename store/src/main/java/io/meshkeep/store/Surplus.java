package io.meshkeep.store;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;

/**
 * By how much the keys that came or went in a batch change the number of keys in a range. They are only noted at first,
 * which is all that most batches need; once there are many and somebody counts, they also stand in sets that know their
 * ranks, so that counting in a large batch does not take longer with each of its keys. For one thread.
 */
final class Surplus {
    /** Keys up to which adding up is as quick as anything. */
    static final int FEW = 64;

    /** 1 for a key that is there and was not before the batch, -1 for one that was and is not, 0 for one as before. */
    private final TreeMap<byte[], Integer> byKey = new TreeMap<>(Arrays::compareUnsigned);

    private ChunkedSortedSet<byte[]> came = ChunkedSortedSet.empty(Arrays::compareUnsigned);
    private ChunkedSortedSet<byte[]> went = came;
    /** Whether the sets are kept, and the keys that have changed since they were right. */
    private boolean ranked;

    private final List<byte[]> changed = new ArrayList<>();

    /** Takes in that a key came (1) or went (-1); the opposite takes it back. */
    void add(byte[] key, int change) {
        byKey.merge(key, change, Integer::sum);
        if (ranked) {
            changed.add(key);
        }
    }

    /** How many more keys of the range there are than before the batch. */
    long count(KeyRange range) {
        if (byKey.isEmpty() || range.isEmpty()) {
            return 0;
        }
        if (byKey.size() <= FEW) {
            return addedUp(range);
        }
        rank();
        return (long) count(came, range) - count(went, range);
    }

    private long addedUp(KeyRange range) {
        long count = 0;
        for (int each : (range.end() == null
                        ? byKey.tailMap(range.start(), true)
                        : byKey.subMap(range.start(), true, range.end(), false))
                .values()) {
            count += each;
        }
        return count;
    }

    private void rank() {
        if (!ranked) {
            ranked = true;
            changed.addAll(byKey.keySet());
        }
        if (changed.isEmpty()) {
            return;
        }
        changed.sort(Arrays::compareUnsigned);
        byte[][] keys = new byte[changed.size()][];
        boolean[] notCame = new boolean[keys.length];
        boolean[] notGone = new boolean[keys.length];
        int n = 0;
        for (byte[] key : changed) {
            if (n == 0 || !Arrays.equals(keys[n - 1], key)) {
                int surplus = byKey.get(key);
                keys[n] = key;
                notCame[n] = surplus != 1;
                notGone[n++] = surplus != -1;
            }
        }
        changed.clear();
        came = came.update(keys, notCame, n);
        went = went.update(keys, notGone, n);
    }

    private static int count(ChunkedSortedSet<byte[]> keys, KeyRange range) {
        int from = keys.lowerBound(key -> Arrays.compareUnsigned(key, range.start()));
        int to = range.end() == null ? keys.size() : keys.lowerBound(key -> Arrays.compareUnsigned(key, range.end()));
        return to - from;
    }
}
