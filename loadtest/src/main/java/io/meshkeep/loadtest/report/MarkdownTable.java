package io.meshkeep.loadtest.report;

import java.util.ArrayList;
import java.util.List;

/** Tables in Markdown whose columns line up in a terminal too. */
public final class MarkdownTable {
    private MarkdownTable() {}

    /** @param texts how many columns, from the left, hold text; the others are numbers and are set to the right */
    public static String of(List<String> head, List<List<String>> lines, int texts) {
        int[] widths = new int[head.size()];
        List<List<String>> all = new ArrayList<>(List.of(head));
        all.addAll(lines);
        for (List<String> line : all) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(3, Math.max(widths[i], line.get(i).length()));
            }
        }
        StringBuilder table = new StringBuilder();
        line(table, head, widths, texts);
        table.append('|');
        for (int i = 0; i < widths.length; i++) {
            table.append(i < texts ? "-".repeat(widths[i] + 2) : "-".repeat(widths[i] + 1) + ":")
                    .append('|');
        }
        table.append('\n');
        lines.forEach(line -> line(table, line, widths, texts));
        return table.toString();
    }

    private static void line(StringBuilder table, List<String> cells, int[] widths, int texts) {
        table.append('|');
        for (int i = 0; i < widths.length; i++) {
            String space = " ".repeat(widths[i] - cells.get(i).length());
            table.append(' ')
                    .append(i < texts ? cells.get(i) + space : space + cells.get(i))
                    .append(" |");
        }
        table.append('\n');
    }
}
