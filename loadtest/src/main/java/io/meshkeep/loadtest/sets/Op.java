package io.meshkeep.loadtest.sets;

import java.util.Locale;

/** What is timed, in the shapes in which Cilium's change to linear merges was timed. */
enum Op {
    /** One number after the last of n. */
    INSERT,
    /** n numbers drawn from as many, into a set of n drawn in the same way. */
    INSERT_MANY,
    /** One of n numbers. */
    DELETE,
    /** n numbers drawn from as many, out of a set of n drawn in the same way. */
    DELETE_MANY,
    /** Of two sets of n numbers drawn from as many each. */
    DIFFERENCE,
    /** Of two sets of n numbers drawn from as many each. */
    UNION;

    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Op of(String label) {
        for (Op op : values()) {
            if (op.label().equals(label)) {
                return op;
            }
        }
        throw new IllegalArgumentException("there is no operation " + label);
    }
}
