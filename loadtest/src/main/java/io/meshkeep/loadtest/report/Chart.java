package io.meshkeep.loadtest.report;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** A plot, which can be put into a page or an image file. */
public sealed interface Chart permits LineChart, BarChart {
    /** The colour that a server has in all plots. */
    static Color colour(String server) {
        return switch (server) {
            case "ours" -> new Color(0x0d, 0x47, 0xa1);
            case "etcd" -> new Color(0xe6, 0x51, 0x00);
            default -> new Color(0x54, 0x6e, 0x7a);
        };
    }

    /** In pixels. */
    int width();

    /** In pixels. */
    int height();

    /** Draws itself. */
    void draw(Canvas canvas);

    /** As an SVG image. */
    default String svg() {
        SvgCanvas canvas = new SvgCanvas(width(), height());
        draw(canvas);
        return canvas.end();
    }

    /** Writes it as a PNG image. */
    default void png(Path file) throws IOException {
        ImageCanvas canvas = new ImageCanvas(width(), height());
        draw(canvas);
        ImageIO.write(canvas.end(), "png", file.toFile());
    }
}
