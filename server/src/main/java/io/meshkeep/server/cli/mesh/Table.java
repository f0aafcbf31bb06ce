package io.meshkeep.server.cli.mesh;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows in columns. The first rows decide how wide the columns are, so that a long list is printed as it comes. What is
 * not printable is shown by its code: it comes from other clusters, and a terminal would obey it.
 */
final class Table {
    private static final int SAMPLE = 1000;

    private final PrintStream out;
    private final int[] widths;
    private final List<String[]> waiting = new ArrayList<>();
    private boolean printing;

    Table(PrintStream out, String... titles) {
        this.out = out;
        this.widths = new int[titles.length];
        waiting.add(titles);
    }

    void row(String... cells) {
        String[] shown = new String[cells.length];
        for (int i = 0; i < cells.length; i++) {
            shown[i] = cells[i].isEmpty() ? "-" : printable(cells[i]);
        }
        if (printing) {
            print(shown);
            return;
        }
        waiting.add(shown);
        if (waiting.size() > SAMPLE) {
            flush();
        }
    }

    /** Prints what waits; to be called at the end. */
    void flush() {
        if (!printing) {
            printing = true;
            for (String[] row : waiting) {
                for (int i = 0; i < row.length; i++) {
                    widths[i] = Math.max(widths[i], row[i].length());
                }
            }
            waiting.forEach(this::print);
            waiting.clear();
        }
    }

    private void print(String[] row) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < row.length; i++) {
            line.append(row[i]);
            if (i < row.length - 1) {
                line.append(" ".repeat(Math.max(0, widths[i] - row[i].length()) + 3));
            }
        }
        out.println(line);
    }

    /** The text with control characters shown by their codes. */
    static String printable(String text) {
        StringBuilder shown = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int type = Character.getType(c);
            if (type == Character.CONTROL || type == Character.FORMAT || c == '\u2028' || c == '\u2029') {
                if (shown == null) {
                    shown = new StringBuilder(text.substring(0, i));
                }
                shown.append(String.format(java.util.Locale.ROOT, "\\u%04x", (int) c));
            } else if (shown != null) {
                shown.append(c);
            }
        }
        return shown == null ? text : shown.toString();
    }
}
