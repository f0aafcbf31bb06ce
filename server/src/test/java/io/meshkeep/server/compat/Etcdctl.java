package io.meshkeep.server.compat;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs etcdctl against one server and replaces in what it prints the ids and times that differ from server to server
 * by names.
 */
final class Etcdctl {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Pattern GRANTED = Pattern.compile("lease ([0-9a-f]+) granted");

    /** What is replaced wherever it stands: nothing that a command here puts into a store looks like these. */
    private static final Map<Pattern, String> FIGURES = new LinkedHashMap<>();

    static {
        figure("\"ts\":\"[^\"]*\"", "\"ts\":{time}");
        figure("client-[0-9a-f]{8}-[0-9a-f-]{27}", "client-{id}");
        // unit and all: the micro sign is not of this charset
        figure("took = [0-9.]+[^0-9. ]{0,2}s", "took = {time}");
        figure("\\| +[0-9.]+[^0-9. ]{0,2}s +\\|", "| {time} |");
        figure("\"took\":\"[^\"]*\"", "\"took\":{time}");
        figure("\"Took\" : \\S+", "\"Took\" : {time}");
        figure("(\"(?:raft_term|RaftTerm|raftTerm)\" ?: ?)\\d+", "$1{term}");
        figure("(\"(?:RaftIndex|raftIndex|RaftAppliedIndex|raftAppliedIndex)\" ?: ?)\\d+", "$1{index}");
        figure("(\"(?:DBSize|dbSize|dbSizeInUse)\" ?: ?)\\d+", "$1{size}");
        // endpoint status, simple and as a table
        figure(
                "[0-9.]+ [kM]B(, | +\\| +)(true|false)(, | +\\| +)(true|false)(, | +\\| +)\\d+(, | +\\| +)\\d+(, | +\\| +)\\d+",
                "{size}, $2, $4, {term}, {index}, {index}");
        // of a thousand seconds; a test that takes more than ten of them is allowed to fail
        figure("remaining\\(99\\ds\\)", "remaining({nearly 1000}s)");
        figure("(\"(?:ttl|TTL)\" ?: ?)99\\d\\b", "$1{nearly 1000}");
        // keys of locks and elections end in the id of a lease that nobody was told of
        figure("(?<=/)[0-9a-f]{12,16}\\b", "{lease}");
    }

    private static void figure(String pattern, String replacement) {
        FIGURES.put(Pattern.compile(pattern), replacement);
    }

    /** What a command did; {@code exit} is 128 and the signal's number if a signal ended it. */
    record Output(int exit, String out, String err) {}

    private final Target target;
    private final Path directory;
    /** From the name in braces to what stands for it here. */
    private final Map<String, String> names = new LinkedHashMap<>();

    private int started;

    /** @param names what stands for a name in braces on this server, in commands and, the other way, in output */
    Etcdctl(Target target, Map<String, String> names) {
        this.target = target;
        this.names.putAll(names);
        try {
            this.directory = Files.createTempDirectory("etcdctl");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a command that reads this and no more. */
    Running start(List<String> command, String input) {
        Running running = start(command);
        running.type(input);
        running.closeInput();
        return running;
    }

    /** Starts a command that goes on until it is stopped. */
    Running start(List<String> command) {
        List<String> line = new ArrayList<>();
        line.add(Programs.ETCDCTL.toString());
        for (String word : command) {
            line.add(resolve(word));
        }
        if (command.stream().noneMatch(word -> word.startsWith("--endpoints="))) {
            line.add(2, "--endpoints=" + target.endpoint());
        }
        return new Running(line, ++started);
    }

    private String resolve(String word) {
        for (Map.Entry<String, String> name : names.entrySet()) {
            word = word.replace(name.getKey(), name.getValue());
        }
        return word;
    }

    /** Remembers the lease that {@code lease grant} has told of, under a name. */
    void nameGranted(String raw, String name) {
        Matcher granted = GRANTED.matcher(raw);
        if (!granted.find()) {
            throw new AssertionError("no lease was granted: " + raw);
        }
        names.put(name, granted.group(1));
    }

    void name(String name, String meaning) {
        names.put(name, meaning);
    }

    private String disguise(String output) {
        for (Map.Entry<String, String> name : names.entrySet()) {
            output = output.replace(name.getValue(), name.getKey());
            if (name.getValue().matches("[0-9a-f]{8,16}")) {
                String decimal = Long.toUnsignedString(Long.parseUnsignedLong(name.getValue(), 16));
                output = output.replaceAll("\\b" + decimal + "\\b", Matcher.quoteReplacement(name.getKey()));
            }
        }
        for (Map.Entry<Pattern, String> figure : FIGURES.entrySet()) {
            output = figure.getKey().matcher(output).replaceAll(figure.getValue());
        }
        // the columns of a table are as wide as their ids
        return output.lines()
                .map(line -> line.startsWith("|") || line.startsWith("+")
                        ? line.replaceAll("-+", "-").replaceAll(" +", " ")
                        : line)
                .reduce("", (lines, line) -> lines + line + "\n");
    }

    void close() {
        Directories.delete(directory);
    }

    /** An etcdctl that runs. */
    final class Running {
        private final List<String> line;
        private final Path out;
        private final Path err;
        private final Process process;

        private Running(List<String> line, int number) {
            this.line = line;
            this.out = directory.resolve(number + ".out");
            this.err = directory.resolve(number + ".err");
            ProcessBuilder builder =
                    new ProcessBuilder(line).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("ETCDCTL_"));
            builder.environment().put("ETCDCTL_API", "3");
            try {
                this.process = builder.start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void type(String input) {
            try {
                OutputStream stdin = process.getOutputStream();
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
                stdin.flush();
            } catch (IOException e) {
                // a command that has ended does not read; what it printed tells why
                if (process.isAlive()) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        private void closeInput() {
            try {
                process.getOutputStream().close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Waits until it has printed this. */
        void awaitOutput(String text) {
            try {
                await().pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(10))
                        .atMost(PATIENCE)
                        .until(() -> output().out.contains(text) || !process.isAlive());
            } finally {
                if (!output().out.contains(text)) {
                    process.destroyForcibly();
                }
            }
            if (!output().out.contains(text)) {
                throw new AssertionError(line + " ended without printing \"" + text + "\": " + output());
            }
        }

        /** Waits until it has ended. */
        Output awaitEnd() {
            return awaitEnd(PATIENCE);
        }

        Output awaitEnd(Duration patience) {
            try {
                if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(line + " does not end: " + output());
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
            return new Output(process.exitValue(), output().out, output().err);
        }

        /** Ends it as ctrl-C would, nearly: by SIGTERM. */
        Output stop() {
            // Process.destroy would close its input as well, and which it notices first would be chance
            process.toHandle().destroy();
            return awaitEnd();
        }

        void kill() {
            process.destroyForcibly();
        }

        String raw() {
            return read(out);
        }

        private Output output() {
            return new Output(0, disguise(read(out)), disguise(read(err)));
        }

        private String read(Path file) {
            try {
                return Files.readString(file, StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
