package io.meshkeep.setcore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example in the README compiles, and prints what the comments say. */
class ReadmeTest {
    private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern PRINTED = Pattern.compile("System\\.out\\.println\\(.*\\); *// (.*)");

    @TempDir
    Path classes;

    @Test
    void theExamplePrintsWhatItSays() throws Exception {
        String example = example();
        List<String> promised =
                PRINTED.matcher(example).results().map(match -> match.group(1)).toList();
        assertThat(promised).hasSizeGreaterThan(10);
        compile("""
                import io.meshkeep.setcore.*;
                import java.util.*;
                public class Example {
                    static byte[] bytes(String text) {
                        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
                    }
                    public static void main(String[] line) {
                %s    }
                }
                """.formatted(example));
        assertThat(run()).isEqualTo(promised);
    }

    private static String example() throws IOException {
        var block = BLOCK.matcher(Files.readString(Path.of("README.md")));
        assertThat(block.find()).isTrue();
        return block.group(1);
    }

    private void compile(String source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        boolean compiled = compiler.getTask(
                        new java.io.OutputStreamWriter(errors, UTF_8),
                        null,
                        null,
                        List.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path"), "-proc:none"),
                        null,
                        List.of(
                                new SimpleJavaFileObject(
                                        URI.create("string:///Example.java"), javax.tools.JavaFileObject.Kind.SOURCE) {
                                    @Override
                                    public CharSequence getCharContent(boolean ignoreErrors) {
                                        return source;
                                    }
                                }))
                .call();
        assertThat(compiled).as(errors.toString(UTF_8)).isTrue();
    }

    private List<String> run() throws Exception {
        String path = classes + java.io.File.pathSeparator + System.getProperty("java.class.path");
        Process process = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java", "-Xshare:auto", "-cp", path, "Example")
                .redirectErrorStream(true)
                .start();
        List<String> printed = process.inputReader(UTF_8).lines().toList();
        assertThat(process.waitFor()).as(String.join("\n", printed)).isZero();
        return printed;
    }
}
