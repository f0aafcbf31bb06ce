package io.meshkeep.loadtest.report;

import java.awt.Color;

/** What plots are drawn on. Lengths are in pixels, from the top left corner. */
public interface Canvas {
    /** Which point of a text is put at its place. */
    enum Anchor {
        START,
        MIDDLE,
        END
    }

    void line(double fromX, double fromY, double toX, double toY, double width, Color colour);

    void rectangle(double x, double y, double width, double height, Color colour);

    void dot(double x, double y, double radius, Color colour);

    /** @param y of the line that the letters stand on */
    void text(String text, double x, double y, Anchor anchor, int size, Color colour);
}
