package io.meshkeep.loadtest.sets;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;

/** Draws time against size, both logarithmic, a panel for each operation. */
final class Plot {
    private static final int PANEL_WIDTH = 460;
    private static final int PANEL_HEIGHT = 340;
    private static final int LEFT = 70;
    private static final int TOP = 40;
    private static final int RIGHT = 40;
    private static final int BOTTOM = 40;
    private static final int LEGEND = 40;
    private static final int COLUMNS = 3;
    private static final double LEAST_SIZE = 2;
    private static final double MOST_SIZE = 5;

    private static final Map<Contender, Color> COLOURS = new LinkedHashMap<>();

    static {
        COLOURS.put(Contender.NUMBERS, new Color(0x1b, 0x5e, 0x20));
        COLOURS.put(Contender.NUMBERS_ONE_BY_ONE, new Color(0x9c, 0xcc, 0x65));
        COLOURS.put(Contender.OBJECTS, new Color(0x0d, 0x47, 0xa1));
        COLOURS.put(Contender.OBJECTS_ONE_BY_ONE, new Color(0x90, 0xca, 0xf9));
        COLOURS.put(Contender.TREE_SET, new Color(0xe6, 0x51, 0x00));
        COLOURS.put(Contender.PERSISTENT, new Color(0x6a, 0x1b, 0x9a));
    }

    private Plot() {}

    /** Writes {@code sets.png} into a directory. */
    static void write(List<Cell> cells, Path directory) throws IOException {
        System.setProperty("java.awt.headless", "true");
        ImageIO.write(draw(cells), "png", directory.resolve("sets.png").toFile());
    }

    static BufferedImage draw(List<Cell> cells) {
        List<Op> ops = cells.stream().map(Cell::op).distinct().toList();
        int rows = (ops.size() + COLUMNS - 1) / COLUMNS;
        BufferedImage image =
                new BufferedImage(COLUMNS * PANEL_WIDTH, rows * PANEL_HEIGHT + LEGEND, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
        graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        for (int i = 0; i < ops.size(); i++) {
            Op op = ops.get(i);
            List<Cell> ofOp = cells.stream().filter(cell -> cell.op() == op).toList();
            new Panel(graphics, i % COLUMNS * PANEL_WIDTH, i / COLUMNS * PANEL_HEIGHT, ofOp).draw();
        }
        drawLegend(graphics, rows * PANEL_HEIGHT + LEGEND / 2);
        graphics.dispose();
        return image;
    }

    private static void drawLegend(Graphics2D graphics, int y) {
        int x = LEFT;
        for (Map.Entry<Contender, Color> entry : COLOURS.entrySet()) {
            graphics.setColor(entry.getValue());
            graphics.fillRect(x, y - 8, 24, 6);
            graphics.setColor(Color.BLACK);
            graphics.drawString(entry.getKey().label(), x + 30, y);
            x += 210;
        }
    }

    /** The lines of one operation. */
    private static final class Panel {
        private final Graphics2D graphics;
        private final int x;
        private final int y;
        private final List<Cell> cells;
        private final double least;
        private final double most;

        Panel(Graphics2D graphics, int x, int y, List<Cell> cells) {
            this.graphics = graphics;
            this.x = x;
            this.y = y;
            this.cells = cells;
            double[] exponents = cells.stream()
                    .flatMap(cell -> cell.nanos().values().stream())
                    .mapToDouble(Math::log10)
                    .toArray();
            least = Math.floor(Math.min(9, min(exponents)));
            most = Math.ceil(max(exponents));
        }

        private static double min(double[] values) {
            double min = values[0];
            for (double value : values) {
                min = Math.min(min, value);
            }
            return min;
        }

        private static double max(double[] values) {
            double max = values[0];
            for (double value : values) {
                max = Math.max(max, value);
            }
            return max;
        }

        void draw() {
            drawGrid();
            COLOURS.forEach((contender, colour) -> {
                graphics.setColor(colour);
                graphics.setStroke(new BasicStroke(2));
                int lastX = -1;
                int lastY = -1;
                for (Cell cell : cells) {
                    if (!cell.has(contender)) {
                        continue;
                    }
                    int atX = across(Math.log10(cell.n()));
                    int atY = up(Math.log10(cell.nanos(contender)));
                    if (lastX >= 0) {
                        graphics.drawLine(lastX, lastY, atX, atY);
                    }
                    graphics.fillOval(atX - 3, atY - 3, 6, 6);
                    lastX = atX;
                    lastY = atY;
                }
            });
        }

        private void drawGrid() {
            graphics.setStroke(new BasicStroke(1));
            for (double size = LEAST_SIZE; size <= MOST_SIZE; size++) {
                graphics.setColor(Color.LIGHT_GRAY);
                graphics.drawLine(across(size), up(least), across(size), up(most));
                graphics.setColor(Color.BLACK);
                String label = String.format(Locale.ROOT, "%,.0f", Math.pow(10, size));
                graphics.drawString(label, across(size) - 3 * label.length(), up(least) + 18);
            }
            for (double exponent = least; exponent <= most; exponent++) {
                graphics.setColor(Color.LIGHT_GRAY);
                graphics.drawLine(across(LEAST_SIZE), up(exponent), across(MOST_SIZE), up(exponent));
                graphics.setColor(Color.BLACK);
                graphics.drawString(duration(exponent), x + 12, up(exponent) + 4);
            }
            graphics.drawString(cells.get(0).op().label(), x + LEFT, y + TOP - 14);
        }

        private int across(double exponent) {
            int width = PANEL_WIDTH - LEFT - RIGHT;
            return x + LEFT + (int) Math.round((exponent - LEAST_SIZE) / (MOST_SIZE - LEAST_SIZE) * width);
        }

        private int up(double exponent) {
            int height = PANEL_HEIGHT - TOP - BOTTOM;
            return y + PANEL_HEIGHT - BOTTOM - (int) Math.round((exponent - least) / (most - least) * height);
        }

        private static String duration(double exponent) {
            String[] units = {"ns", "us", "ms", "s"};
            int unit = Math.min(units.length - 1, (int) (exponent / 3));
            return String.format(Locale.ROOT, "%,.0f %s", Math.pow(10, exponent - 3 * unit), units[unit]);
        }
    }
}
