package io.meshkeep.store;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A set of keys as disjoint intervals that do not touch each other, in order. A question about a range costs one binary
 * search, whatever number of overlapping intervals went in. Immutable.
 */
public final class KeyIntervals {
    static final KeyIntervals NONE = new KeyIntervals(new byte[0][], new byte[0][]);

    private final byte[][] starts;
    /** The last one may be null: no end. */
    private final byte[][] ends;

    private KeyIntervals(byte[][] starts, byte[][] ends) {
        this.starts = starts;
        this.ends = ends;
    }

    /** The union of ranges; empty ones add nothing. */
    public static KeyIntervals of(List<KeyRange> ranges) {
        List<KeyRange> sorted = new ArrayList<>(ranges);
        sorted.removeIf(KeyRange::isEmpty);
        sorted.sort(Comparator.comparing(KeyRange::start, Arrays::compareUnsigned));
        List<byte[]> starts = new ArrayList<>();
        List<byte[]> ends = new ArrayList<>();
        for (KeyRange range : sorted) {
            int last = ends.size() - 1;
            if (last >= 0 && (ends.get(last) == null || Arrays.compareUnsigned(range.start(), ends.get(last)) <= 0)) {
                ends.set(last, later(ends.get(last), range.end()));
            } else {
                starts.add(range.start());
                ends.add(range.end());
            }
        }
        return starts.isEmpty() ? NONE : new KeyIntervals(starts.toArray(byte[][]::new), ends.toArray(byte[][]::new));
    }

    private static byte[] later(byte[] one, byte[] other) {
        return one == null || other == null ? null : Arrays.compareUnsigned(one, other) >= 0 ? one : other;
    }

    int size() {
        return starts.length;
    }

    boolean contains(byte[] key) {
        int at = before(key);
        return at >= 0 && (ends[at] == null || Arrays.compareUnsigned(key, ends[at]) < 0);
    }

    /** Whether the whole range is in the set; of a range that holds no key, its start has to be. */
    public boolean covers(KeyRange range) {
        if (range.single() || range.isEmpty()) {
            return contains(range.start());
        }
        int at = before(range.start());
        if (at < 0) {
            return false;
        }
        return ends[at] == null || range.end() != null && Arrays.compareUnsigned(range.end(), ends[at]) <= 0;
    }

    /** Whether every key of an ordered set is in this one. */
    boolean containsAll(ChunkedSortedSet<byte[]> keys) {
        return count(keys) == keys.size();
    }

    /**
     * How many keys of an ordered set are in this one: a sum of rank differences, so that the keys are not walked where
     * there are more of them than intervals.
     */
    int count(ChunkedSortedSet<byte[]> keys) {
        int found = 0;
        if (keys.size() <= starts.length) {
            for (byte[] key : keys) {
                found += contains(key) ? 1 : 0;
            }
            return found;
        }
        for (int i = 0; i < starts.length; i++) {
            byte[] start = starts[i];
            byte[] end = ends[i];
            int to = end == null ? keys.size() : keys.lowerBound(key -> Arrays.compareUnsigned(key, end));
            found += to - keys.lowerBound(key -> Arrays.compareUnsigned(key, start));
        }
        return found;
    }

    /** Index of the last interval that starts at or before the key, or -1. */
    private int before(byte[] key) {
        int low = 0;
        int high = starts.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Arrays.compareUnsigned(starts[middle], key) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - 1;
    }
}
