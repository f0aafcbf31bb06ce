package io.meshkeep.loadtest.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A page that needs nothing but itself: tables, and plots as SVG. Not thread-safe. */
public final class Html {
    private static final String STYLE = """
            body { font: 15px/1.45 system-ui, sans-serif; color: #263238; background: #fff; margin: 2rem auto; \
            max-width: 62rem; padding: 0 1rem }
            h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
            table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; width: 100% }
            th, td { padding: .25rem .6rem; border-bottom: 1px solid #e0e4e7; text-align: right }
            th { border-bottom: 2px solid #90a4ae; background: #fff; position: sticky; top: 0 }
            .text { text-align: left } .better { color: #0d47a1; font-weight: 600 } .worse { color: #bf360c; font-weight: 600 }
            .plots { display: flex; flex-wrap: wrap; gap: .6rem } svg { max-width: 100%; height: auto }
            .facts { color: #546e7a; font-size: .88rem } .wide { overflow-x: auto }
            """;

    private final StringBuilder body = new StringBuilder();
    private final String title;

    public Html(String title) {
        this.title = title;
        body.append("<h1>").append(escape(title)).append("</h1>\n");
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** What was measured where, a line for each. */
    public Html facts(List<String> lines) {
        body.append("<p class=\"facts\">")
                .append(String.join("<br>\n", lines.stream().map(Html::escape).toList()))
                .append("</p>\n");
        return this;
    }

    /** A heading. */
    public Html heading(String text) {
        body.append("<h2>").append(escape(text)).append("</h2>\n");
        return this;
    }

    /** A paragraph. */
    public Html text(String text) {
        body.append("<p>").append(escape(text)).append("</p>\n");
        return this;
    }

    /** @param texts how many columns, from the left, hold text; a column called "ratio" is coloured by what it says */
    public Html table(List<String> head, List<List<String>> lines, int texts) {
        body.append("<div class=\"wide\"><table><thead><tr>");
        for (int i = 0; i < head.size(); i++) {
            body.append(i < texts ? "<th class=\"text\">" : "<th>")
                    .append(escape(head.get(i)))
                    .append("</th>");
        }
        body.append("</tr></thead><tbody>\n");
        for (List<String> line : lines) {
            body.append("<tr>");
            for (int i = 0; i < line.size(); i++) {
                body.append("<td")
                        .append(style(i < texts, head.get(i), line.get(i)))
                        .append('>');
                body.append(escape(line.get(i))).append("</td>");
            }
            body.append("</tr>\n");
        }
        body.append("</tbody></table></div>\n");
        return this;
    }

    private static String style(boolean text, String column, String cell) {
        if (text) {
            return " class=\"text\"";
        }
        if (!column.equals("ratio") || cell.isEmpty()) {
            return "";
        }
        double ratio = Double.parseDouble(cell.replace(",", ""));
        return ratio > 1 ? " class=\"better\"" : ratio < 1 ? " class=\"worse\"" : "";
    }

    /** Plots, side by side where there is room. */
    public Html plots(List<? extends Chart> charts) {
        body.append("<div class=\"plots\">\n");
        charts.forEach(chart -> body.append(chart.svg()));
        body.append("</div>\n");
        return this;
    }

    /** Writes the page. */
    public void write(Path file) throws IOException {
        Files.writeString(
                file,
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                        + "<meta name=\"viewport\" content=\"width=device-width\"><title>" + escape(title)
                        + "</title>\n<style>\n" + STYLE + "</style></head><body>\n" + body + "</body></html>\n");
    }
}
