package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.server.MeshkeepServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code in {@code docs/embedding.md} is the code of {@link EmbeddingExample}, and that works. */
class EmbeddingDocTest {
    private static final Path PAGE = Path.of("..", "docs", "embedding.md");
    private static final Path EXAMPLE =
            Path.of("src", "test", "java", "io", "meshkeep", "server", "compat", "EmbeddingExample.java");

    /** A block of Java, and the mark before it that says which snippet it is. */
    private static final Pattern BLOCK =
            Pattern.compile("(?:<!-- snippet: (\\S+) -->\n)?```java\n(.*?)```", Pattern.DOTALL);

    private static final Pattern SNIPPET =
            Pattern.compile("^ *// \\[(?!end)([^\\]]+)]\n(.*?)^ *// \\[end]", Pattern.DOTALL | Pattern.MULTILINE);

    @TempDir
    Path directory;

    @Test
    void thePageShowsTheExample() throws IOException {
        List<MatchResult> blocks =
                BLOCK.matcher(Files.readString(PAGE)).results().toList();
        List<MatchResult> snippets =
                SNIPPET.matcher(Files.readString(EXAMPLE)).results().toList();
        assertThat(blocks)
                .extracting(block -> block.group(1))
                .containsExactlyElementsOf(
                        snippets.stream().map(snippet -> snippet.group(1)).toList());
        for (int i = 0; i < blocks.size(); i++) {
            assertThat(blocks.get(i).group(2))
                    .as("snippet %s", blocks.get(i).group(1))
                    .isEqualTo(snippets.get(i).group(2).stripTrailing().stripIndent() + "\n");
        }
    }

    @Test
    void theExampleWorks() throws Exception {
        assertThat(EmbeddingExample.putAndWatch(directory.resolve("first"))).isEqualTo("hello");
        try (MeshkeepServer server = EmbeddingExample.configured(directory.resolve("second"))) {
            assertThat(EmbeddingExample.putInProcess(server)).isEqualTo("hello");
        }
    }
}
