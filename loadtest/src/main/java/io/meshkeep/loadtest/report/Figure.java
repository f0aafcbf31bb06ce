package io.meshkeep.loadtest.report;

/**
 * One thing that was measured of one server.
 *
 * @param name what, with slashes for groups, such as {@code churn/propagation p99}
 * @param unit such as {@code ms}
 * @param better which way is better
 */
public record Figure(String name, String unit, Better better, double value) {
    /** Which way is better. */
    public enum Better {
        LESS,
        MORE,
        /** It says what the run was like, and no server is better for it. */
        NEITHER
    }

    /** A figure of which less is better. */
    public static Figure less(String name, String unit, double value) {
        return new Figure(name, unit, Better.LESS, value);
    }

    /** A figure of which more is better. */
    public static Figure more(String name, String unit, double value) {
        return new Figure(name, unit, Better.MORE, value);
    }

    /** A figure that is the same for all servers, or should be. */
    public static Figure given(String name, String unit, double value) {
        return new Figure(name, unit, Better.NEITHER, value);
    }

    /** How many times better the first is than the second; NaN if neither is. */
    static double ratio(Better better, double first, double second) {
        return switch (better) {
            case LESS -> second / first;
            case MORE -> first / second;
            case NEITHER -> Double.NaN;
        };
    }
}
