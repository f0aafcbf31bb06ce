package io.meshkeep.clustermesh.kvstoremesh;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A command of ours in a process of its own, on this JVM's class path. Thread-safe. */
final class CommandProcess implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int KEPT_LINES = 2000;

    private final Process process;
    private final Thread reader;
    private final List<String> lines = new ArrayList<>();
    private boolean ended;

    private CommandProcess(Process process) {
        this.process = process;
        this.reader = new Thread(this::read, "output of process " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    static CommandProcess start(String mainClass, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx160m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-XX:-UsePerfData",
                mainClass));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("ETCD_") || name.startsWith("CILIUM_"));
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return new CommandProcess(builder.start());
    }

    private void read() {
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                took(line);
            }
        } catch (IOException e) {
            took("(the output broke off: " + e + ")");
        } finally {
            synchronized (this) {
                ended = true;
                notifyAll();
            }
        }
    }

    private synchronized void took(String line) {
        if (lines.size() == KEPT_LINES) {
            lines.remove(KEPT_LINES / 2);
        }
        lines.add(line);
        notifyAll();
    }

    /** Waits for a line, and gives what the pattern's first group finds in it. */
    synchronized String await(String pattern) throws InterruptedException {
        Pattern compiled = Pattern.compile(pattern);
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            for (String line : lines) {
                Matcher matcher = compiled.matcher(line);
                if (matcher.find()) {
                    return matcher.group(1);
                }
            }
            long left = deadline - System.nanoTime();
            if (ended || left <= 0) {
                throw new AssertionError("no line with " + pattern + " in:\n" + String.join("\n", lines));
            }
            NANOSECONDS.timedWait(this, left);
        }
    }

    synchronized String output() {
        return String.join("\n", lines);
    }

    /** SIGTERM; gives the exit status. */
    int terminate() throws InterruptedException {
        process.destroy();
        return end();
    }

    /** SIGKILL; returns when it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        end();
    }

    private int end() throws InterruptedException {
        if (!process.waitFor(LIMIT.toNanos(), NANOSECONDS)) {
            throw new AssertionError("the process does not end; its output:\n" + output());
        }
        reader.join(LIMIT.toMillis());
        return process.exitValue();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
