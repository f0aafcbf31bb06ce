package io.meshkeep.loadtest.report;

import java.awt.Color;
import java.util.Locale;

/** Writes an SVG image that can stand in a page. */
final class SvgCanvas implements Canvas {
    private final StringBuilder svg = new StringBuilder();

    SvgCanvas(int width, int height) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
                        + " font-family=\"sans-serif\">",
                width, height, width, height);
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    private static String hex(Color colour) {
        return String.format("#%06x", colour.getRGB() & 0xffffff);
    }

    @Override
    public void line(double fromX, double fromY, double toX, double toY, double width, Color colour) {
        add(
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%.1f\"/>",
                fromX, fromY, toX, toY, hex(colour), width);
    }

    @Override
    public void rectangle(double x, double y, double width, double height, Color colour) {
        add(
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>",
                x, y, width, height, hex(colour));
    }

    @Override
    public void dot(double x, double y, double radius, Color colour) {
        add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>", x, y, radius, hex(colour));
    }

    @Override
    public void text(String text, double x, double y, Anchor anchor, int size, Color colour) {
        add(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" fill=\"%s\">%s</text>",
                x, y, anchor.name().toLowerCase(Locale.ROOT), size, hex(colour), Html.escape(text));
    }

    /** The image. */
    String end() {
        return svg + "</svg>\n";
    }
}
