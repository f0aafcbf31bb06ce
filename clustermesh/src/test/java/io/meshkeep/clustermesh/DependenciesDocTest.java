package io.meshkeep.clustermesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/dependencies.md} lists what is on the class path, with its version: the server's sections, where what this
 * module does without may stand too, and those of this module, where nothing else may.
 */
class DependenciesDocTest {
    private static final Path PAGE = Path.of("..", "docs", "dependencies.md");
    private static final Pattern ROW = Pattern.compile("\\| `([^:`]+):([^`]+)` \\| ([^ |]+) \\|.*");

    private record Row(boolean own, String artifacts, Pattern path) {}

    @Test
    void theTablesListTheClassPath() throws IOException {
        List<Row> rows = rows();
        assertThat(rows).hasSizeGreaterThan(10);
        TreeSet<String> unused = new TreeSet<>();
        rows.stream().filter(Row::own).forEach(row -> unused.add(row.artifacts()));
        TreeSet<String> undocumented = new TreeSet<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            String path = entry.replace(File.separatorChar, '/');
            if (!path.endsWith(".jar") || path.contains("/io/meshkeep/") || path.contains("/meshkeep-")) {
                continue;
            }
            List<Row> matching =
                    rows.stream().filter(row -> row.path().matcher(path).find()).toList();
            if (matching.isEmpty()) {
                undocumented.add(path.substring(path.lastIndexOf('/') + 1));
            }
            matching.forEach(row -> unused.remove(row.artifacts()));
        }
        assertThat(undocumented).as("on the class path and not in the tables").isEmpty();
        assertThat(unused)
                .as("in this module's tables and not on the class path")
                .isEmpty();
    }

    /** A jar lies at group/artifact/version/ in the local repository; an asterisk stands for the rest of a name. */
    private static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        boolean own = false;
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("## ")) {
                own = line.contains("clustermesh");
            }
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                String artifacts = Pattern.quote(row.group(2)).replace("*", "\\E[^/]*\\Q");
                rows.add(new Row(
                        own,
                        row.group(1) + ":" + row.group(2) + " " + row.group(3),
                        Pattern.compile("/" + Pattern.quote(row.group(1).replace('.', '/')) + "/" + artifacts + "/"
                                + Pattern.quote(row.group(3)) + "/")));
            }
        }
        return rows;
    }
}
