package io.meshkeep.loadtest.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Says what a run was made on, since figures mean nothing without it. */
public final class Machine {
    private Machine() {}

    /** @param data a directory where servers kept their data */
    public static List<String> facts(Path data) {
        List<String> facts = new ArrayList<>();
        facts.add(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.add(String.format(
                Locale.ROOT,
                "%d processors (%s), %s, %s %s",
                Runtime.getRuntime().availableProcessors(),
                line("/proc/cpuinfo", "model name"),
                memory(),
                System.getProperty("os.name"),
                System.getProperty("os.version")));
        facts.add("JDK " + System.getProperty("java.version") + " for the load" + fileSystem(data));
        return facts;
    }

    private static String memory() {
        String[] total = line("/proc/meminfo", "MemTotal").split(" ");
        return total[0].matches("[0-9]+")
                ? String.format(Locale.ROOT, "%.0f GiB", Long.parseLong(total[0]) / 1048576.0)
                : "unknown memory";
    }

    private static String line(String file, String name) {
        try {
            for (String line : Files.readAllLines(Path.of(file))) {
                if (line.startsWith(name)) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException e) {
            return "unknown";
        }
        return "unknown";
    }

    private static String fileSystem(Path data) {
        try {
            return "; data on " + Files.getFileStore(data).type();
        } catch (IOException e) {
            return "";
        }
    }

    /** What a program says of versions when it is asked, in one line, such as {@code etcd Version: 3.6.1}. */
    public static String version(List<String> command) throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            String versions = text.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).contains("version"))
                    .collect(Collectors.joining(", "));
            return versions.isEmpty() ? "unknown version" : versions;
        } catch (IOException e) {
            return "unknown version";
        }
    }
}
