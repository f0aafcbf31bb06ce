package io.meshkeep.loadtest.compare;

import java.util.Arrays;
import java.util.Collection;

/** The middle and the ends of figures of several rounds. */
record Spread(double median, double least, double most) {
    /** @throws IllegalArgumentException if there are none */
    static Spread of(Collection<Double> figures) {
        if (figures.isEmpty()) {
            throw new IllegalArgumentException("no figures");
        }
        double[] sorted = figures.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }
}
