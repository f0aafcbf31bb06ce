package io.meshkeep.loadtest.sets;

import java.util.EnumMap;
import java.util.Map;

/**
 * What one operation takes at one size.
 *
 * @param baselineParts of how many parts of its work the element-by-element way did one, which its time was multiplied by
 */
record Cell(Op op, int n, int baselineParts, Map<Contender, Double> nanos) {
    Cell {
        nanos = new EnumMap<>(nanos);
    }

    boolean has(Contender contender) {
        return nanos.containsKey(contender);
    }

    double nanos(Contender contender) {
        return nanos.get(contender);
    }

    /** How many times as long as the one the other takes. */
    double ratio(Contender slower, Contender faster) {
        return nanos(slower) / nanos(faster);
    }
}
