package io.meshkeep.loadtest.fleet;

import java.util.List;

/** The line that fits points best, by least squares. */
record Slope(double base, double each) {
    /** A number of things, and how much they take. */
    record Point(double count, double amount) {}

    /** @throws IllegalArgumentException if there are fewer than two points */
    static Slope through(List<Point> points) {
        if (points.size() < 2) {
            throw new IllegalArgumentException("a line needs two points");
        }
        double count = points.stream().mapToDouble(Point::count).average().orElseThrow();
        double amount = points.stream().mapToDouble(Point::amount).average().orElseThrow();
        double across = 0;
        double square = 0;
        for (Point point : points) {
            across += (point.count() - count) * (point.amount() - amount);
            square += (point.count() - count) * (point.count() - count);
        }
        double each = across / square;
        return new Slope(amount - each * count, each);
    }
}
