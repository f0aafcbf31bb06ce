package io.meshkeep.loadtest.compare;

/** What a figure counts, and which way is better. */
enum Unit {
    PER_SECOND("1/s", true),
    MICROSECONDS("us", false),
    MILLISECONDS("ms", false),
    MEBIBYTES("MiB", false);

    private final String symbol;
    private final boolean moreIsBetter;

    Unit(String symbol, boolean moreIsBetter) {
        this.symbol = symbol;
        this.moreIsBetter = moreIsBetter;
    }

    String symbol() {
        return symbol;
    }

    /** How many times better ours is; below 1 it is worse. */
    double ratio(double ours, double etcd) {
        return moreIsBetter ? ours / etcd : etcd / ours;
    }
}
