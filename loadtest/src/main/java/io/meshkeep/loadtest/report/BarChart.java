package io.meshkeep.loadtest.report;

import io.meshkeep.loadtest.report.Canvas.Anchor;
import java.awt.Color;
import java.util.Map;

/**
 * Ratios as bars from 1, logarithmic: twice as good is as long as half as good.
 *
 * @param title above it
 * @param ratios by name, positive, in their order
 */
public record BarChart(String title, Map<String, Double> ratios) implements Chart {
    private static final int WIDTH = 940;
    private static final int ROW = 22;
    private static final int LEFT = 330;
    private static final int RIGHT = 60;
    private static final int TOP = 50;
    private static final Color GRID = new Color(0xd5, 0xda, 0xdd);
    private static final Color AXIS = new Color(0x45, 0x5a, 0x64);
    private static final Color TEXT = new Color(0x26, 0x32, 0x38);

    @Override
    public int width() {
        return WIDTH;
    }

    @Override
    public int height() {
        return TOP + ROW * ratios.size() + 12;
    }

    @Override
    public void draw(Canvas canvas) {
        canvas.text(title, 12, 20, Anchor.START, 14, TEXT);
        double low = 0;
        double high = 0;
        for (double ratio : ratios.values()) {
            low = Math.min(low, Math.floor(log2(ratio)));
            high = Math.max(high, Math.ceil(log2(ratio)));
        }
        high = Math.max(high, low + 1);
        int bottom = TOP + ROW * ratios.size();
        // every power of two while there is room for its label
        int step = (int) Math.max(1, Math.ceil((high - low) / 10));
        for (double power = step * Math.ceil(low / step); power <= high; power += step) {
            double x = place(power, low, high);
            canvas.line(x, TOP - 4, x, bottom, 1, power == 0 ? AXIS : GRID);
            canvas.text(Numbers.axis(Math.pow(2, power)), x, TOP - 10, Anchor.MIDDLE, 11, TEXT);
        }
        double y = TOP;
        double one = place(0, low, high);
        for (Map.Entry<String, Double> entry : ratios.entrySet()) {
            double end = place(log2(entry.getValue()), low, high);
            Color colour = Chart.colour(entry.getValue() >= 1 ? "ours" : "etcd");
            canvas.rectangle(Math.min(one, end), y + 4, Math.abs(end - one), ROW - 8, colour);
            canvas.text(entry.getKey(), LEFT - 40, y + 15, Anchor.END, 12, TEXT);
            boolean right = end >= one;
            canvas.text(
                    Numbers.ratio(entry.getValue()),
                    right ? end + 5 : end - 5,
                    y + 15,
                    right ? Anchor.START : Anchor.END,
                    11,
                    TEXT);
            y += ROW;
        }
    }

    private static double log2(double value) {
        return Math.log(value) / Math.log(2);
    }

    private static double place(double power, double low, double high) {
        return LEFT + (power - low) / (high - low) * (WIDTH - RIGHT - LEFT);
    }
}
