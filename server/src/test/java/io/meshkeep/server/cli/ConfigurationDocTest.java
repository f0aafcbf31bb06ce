package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.server.cli.Flag.Group;
import io.meshkeep.server.cli.Flag.Support;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The tables of {@code docs/configuration.md} say what the code does. To write them anew after a change of the flags:
 * {@code ./meshkeep test -pl server -am -Dtest=ConfigurationDocTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Dmeshkeep.write-docs=true}.
 */
class ConfigurationDocTest {
    private static final Path PAGE = Path.of("..", "docs", "configuration.md");
    private static final String BEGIN = "<!-- flags: written by ConfigurationDocTest -->\n";
    private static final String END = "<!-- end of flags -->\n";

    @Test
    void theTablesListTheFlags() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        assertThat(begin).isGreaterThan(BEGIN.length());
        assertThat(end).isGreaterThanOrEqualTo(begin);
        if (Boolean.getBoolean("meshkeep.write-docs")) {
            Files.writeString(PAGE, page.substring(0, begin) + tables() + page.substring(end));
        } else {
            assertThat(page.substring(begin, end)).isEqualTo(tables());
        }
    }

    private static String tables() {
        StringBuilder text = new StringBuilder();
        for (Group group : Group.values()) {
            text.append("\n### ").append(group.title()).append("\n\n");
            text.append("| Flag | Default | Takes | Meaning here |\n|---|---|---|---|\n");
            for (Flag flag : ServeFlags.all()) {
                if (flag.group() == group) {
                    text.append(row(flag));
                }
            }
        }
        return text.append('\n').toString();
    }

    private static String row(Flag flag) {
        String aliases =
                flag.aliases().stream().map(alias -> ", `--" + alias + "`").collect(Collectors.joining());
        String defaultValue = flag.defaultValue().isEmpty() ? "" : "`" + flag.defaultValue() + "`";
        String effect = flag.support() instanceof Support.NoEffect ? "*No effect.* " : "";
        return "| `--" + flag.name() + "`" + aliases + " | " + defaultValue + " | "
                + flag.kind().name().toLowerCase(Locale.ROOT) + " | " + effect + flag.meaning() + " |\n";
    }
}
