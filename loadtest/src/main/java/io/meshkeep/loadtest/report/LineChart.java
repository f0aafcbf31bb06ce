package io.meshkeep.loadtest.report;

import io.meshkeep.loadtest.report.Canvas.Anchor;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;

/**
 * Lines through points. Axes are logarithmic or begin at 0.
 *
 * @param title above it
 * @param xLabel below it
 * @param yLabel what is drawn, with its unit
 */
public record LineChart(String title, String xLabel, String yLabel, boolean logX, boolean logY, List<Line> lines)
        implements Chart {
    private static final int WIDTH = 460;
    private static final int HEIGHT = 320;
    private static final int LEFT = 60;
    private static final int RIGHT = 20;
    private static final int TOP = 58;
    private static final int BOTTOM = 48;
    private static final int LINEAR_STEPS = 4;
    private static final Color GRID = new Color(0xd5, 0xda, 0xdd);
    private static final Color TEXT = new Color(0x26, 0x32, 0x38);

    /**
     * One line.
     *
     * @param server its name, which also gives its colour
     */
    public record Line(String server, List<Point> points) {}

    /** A point of a line; where an axis is logarithmic, it must be positive. */
    public record Point(double x, double y) {}

    @Override
    public int width() {
        return WIDTH;
    }

    @Override
    public int height() {
        return HEIGHT;
    }

    @Override
    public void draw(Canvas canvas) {
        List<Point> all = lines.stream().flatMap(line -> line.points().stream()).toList();
        canvas.text(title, 12, 20, Anchor.START, 14, TEXT);
        if (all.isEmpty()) {
            return;
        }
        Axis x = Axis.of(logX, all.stream().mapToDouble(Point::x).toArray(), LEFT, WIDTH - RIGHT);
        Axis y = Axis.of(logY, all.stream().mapToDouble(Point::y).toArray(), HEIGHT - BOTTOM, TOP);
        for (double tick : x.ticks()) {
            canvas.line(x.place(tick), TOP, x.place(tick), HEIGHT - BOTTOM, 1, GRID);
            canvas.text(Numbers.axis(tick), x.place(tick), HEIGHT - BOTTOM + 16, Anchor.MIDDLE, 11, TEXT);
        }
        for (double tick : y.ticks()) {
            canvas.line(LEFT, y.place(tick), WIDTH - RIGHT, y.place(tick), 1, GRID);
            canvas.text(Numbers.axis(tick), LEFT - 6, y.place(tick) + 4, Anchor.END, 11, TEXT);
        }
        canvas.text(yLabel, 12, 40, Anchor.START, 11, TEXT);
        canvas.text(xLabel, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, Anchor.MIDDLE, 11, TEXT);
        drawLegend(canvas);
        for (Line line : lines) {
            Color colour = Chart.colour(line.server());
            Point last = null;
            for (Point point : line.points()) {
                if (last != null) {
                    canvas.line(
                            x.place(last.x()), y.place(last.y()), x.place(point.x()), y.place(point.y()), 2, colour);
                }
                last = point;
            }
            if (line.points().size() < 20) {
                line.points().forEach(point -> canvas.dot(x.place(point.x()), y.place(point.y()), 3, colour));
            }
        }
    }

    /** From the right to the left, so that it ends where the plot does. */
    private void drawLegend(Canvas canvas) {
        double end = WIDTH - RIGHT;
        for (int i = lines.size() - 1; i >= 0; i--) {
            String server = lines.get(i).server();
            canvas.text(server, end, 40, Anchor.END, 11, TEXT);
            end -= 7 * server.length() + 6;
            canvas.rectangle(end - 14, 34, 14, 4, Chart.colour(server));
            end -= 26;
        }
    }

    /** From figures to places. */
    private record Axis(boolean log, double least, double most, double from, double to) {
        static Axis of(boolean log, double[] values, double from, double to) {
            double least = Double.MAX_VALUE;
            double most = 0;
            for (double value : values) {
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
            if (!log) {
                double step = step(most);
                return new Axis(false, 0, Math.max(step, step * Math.ceil(most / step)), from, to);
            }
            double low = Math.floor(Math.log10(least));
            return new Axis(true, low, Math.max(low + 1, Math.ceil(Math.log10(most))), from, to);
        }

        /** A round number of which a handful make the whole. */
        private static double step(double most) {
            if (most <= 0) {
                return 1;
            }
            double rough = most / LINEAR_STEPS;
            double power = Math.pow(10, Math.floor(Math.log10(rough)));
            double first = rough / power;
            return power * (first <= 1 ? 1 : first <= 2 ? 2 : first <= 5 ? 5 : 10);
        }

        double place(double value) {
            double at = log ? Math.log10(value) : value;
            return from + (at - least) / (most - least) * (to - from);
        }

        List<Double> ticks() {
            List<Double> ticks = new ArrayList<>();
            double step = log ? 1 : step(most);
            for (double at = least; at <= most + step / 2; at += step) {
                ticks.add(log ? Math.pow(10, at) : at);
            }
            return ticks;
        }
    }
}
