package io.meshkeep.loadtest.sets;

import java.util.ArrayList;
import java.util.List;

/** A stretch of the arguments of an operation. */
record Stretch(int from, int to) {
    private static final int STRETCHES = 16;

    /** Stretches that are together one of {@code parts} of {@code length}, spread evenly; or all of it as one. */
    static List<Stretch> cut(int length, int parts) {
        if (parts == 1) {
            return List.of(new Stretch(0, length));
        }
        List<Stretch> stretches = new ArrayList<>();
        for (int i = 0; i < STRETCHES; i++) {
            int from = (int) ((long) length * i / STRETCHES);
            int whole = (int) ((long) length * (i + 1) / STRETCHES) - from;
            int part = whole / parts;
            int start = from + (whole - part) / 2;
            stretches.add(new Stretch(start, start + part));
        }
        return stretches;
    }
}
