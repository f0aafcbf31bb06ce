package io.meshkeep.store;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Remembers, while a batch changes the keys of leases, whether those of a lease all lie within some intervals, so that
 * a row of puts on one lease does not look at what was attached before for each of them. Used by one thread.
 */
final class LeaseCoverage {
    private record Known(KeyIntervals intervals, boolean within) {}

    private final Map<Long, Known> known = new HashMap<>();

    boolean within(long lease, KeyIntervals intervals, BooleanSupplier look) {
        Known last = known.get(lease);
        if (last == null || last.intervals != intervals) {
            last = new Known(intervals, look.getAsBoolean());
            known.put(lease, last);
        }
        return last.within;
    }

    void attached(long lease, byte[] key) {
        Known last = known.get(lease);
        if (last != null && last.within && !last.intervals.contains(key)) {
            known.put(lease, new Known(last.intervals, false));
        }
    }

    void detached(long lease) {
        Known last = known.get(lease);
        if (last != null && !last.within) {
            known.remove(lease);
        }
    }

    void forget(long lease) {
        known.remove(lease);
    }

    void forgetAll() {
        known.clear();
    }
}
