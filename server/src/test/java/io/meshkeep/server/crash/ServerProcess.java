package io.meshkeep.server.crash;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.meshkeep.server.TlsConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server in a process of its own, so that it can be killed. It runs the {@code meshkeep} command on this JVM's class
 * path and listens on a free port of the loopback interface. Thread-safe.
 */
public final class ServerProcess implements AutoCloseable {
    private static final String READY = "ready to serve client requests";
    private static final Pattern SERVES = Pattern.compile("serves https?://127\\.0\\.0\\.1:(\\d+)");
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration END_LIMIT = Duration.ofSeconds(60);
    private static final int KEPT_LINES = 2000;

    private final Process process;
    private final Thread reader;
    private final List<String> lines = new ArrayList<>();
    private boolean ready;
    private boolean ended;
    private int port;

    private ServerProcess(Process process) {
        this.process = process;
        this.reader = new Thread(this::readOutput, "output of server " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** Describes a server on a data directory. */
    public static Builder on(Path dataDir) {
        return new Builder(dataDir);
    }

    /** What to run and how. Not thread-safe. */
    public static final class Builder {
        private final Path dataDir;
        private final List<String> prefix = new ArrayList<>();
        // Small, and quick to start: the compiler's second tier never pays for a life of seconds.
        private final List<String> jvm = new ArrayList<>(
                List.of("-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:-UsePerfData"));
        private final List<String> flags = new ArrayList<>();
        private String scheme = "http";

        private Builder(Path dataDir) {
            this.dataDir = dataDir;
        }

        /** A command that runs the server, such as {@code strace}. */
        public Builder under(String... command) {
            prefix.addAll(Arrays.asList(command));
            return this;
        }

        /** JVM options; later ones win over the defaults. */
        public Builder jvm(String... options) {
            jvm.addAll(Arrays.asList(options));
            return this;
        }

        /** Flags of {@code meshkeep serve}. */
        public Builder flags(String... more) {
            flags.addAll(Arrays.asList(more));
            return this;
        }

        /** Mutual TLS; without it the server serves plaintext. */
        public Builder tls(TlsConfig tls) {
            scheme = "https";
            return flags(
                    "--client-cert-auth",
                    "--cert-file=" + tls.certFile(),
                    "--key-file=" + tls.keyFile(),
                    "--trusted-ca-file=" + tls.trustedCaFile().orElseThrow());
        }

        /** Starts the process and returns at once. */
        public ServerProcess launch() {
            List<String> command = new ArrayList<>(prefix);
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(jvm);
            command.add("-Djava.library.path=" + NativeLibrary.directory());
            command.add("io.meshkeep.server.cli.Main");
            command.addAll(List.of(
                    "serve", "--data-dir", dataDir.toString(), "--listen-client-urls", scheme + "://127.0.0.1:0"));
            command.addAll(flags);
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().keySet().removeIf(name -> name.startsWith("ETCD_"));
            builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
            try {
                return new ServerProcess(builder.start());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Starts the process and returns when it serves. */
        public ServerProcess start() {
            ServerProcess server = launch();
            try {
                server.awaitReady();
                return server;
            } catch (RuntimeException | Error e) {
                server.close();
                throw e;
            }
        }
    }

    private void readOutput() {
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
        ready |= line.contains(READY);
        Matcher serves = SERVES.matcher(line);
        if (serves.find()) {
            port = Integer.parseInt(serves.group(1));
        }
        notifyAll();
    }

    /** Waits until the server says that it serves; fails if it ends before, or takes far too long. */
    public synchronized void awaitReady() {
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (!ready || port == 0) {
            long left = deadline - System.nanoTime();
            if (ended || left <= 0) {
                throw new AssertionError((ended ? "the server ended" : "the server is not ready in " + START_LIMIT)
                        + ", its output:\n" + String.join("\n", lines));
            }
            try {
                NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    public synchronized int port() {
        return port;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** What the process has written to standard output and error; of a lot, the beginning and the end. */
    public synchronized List<String> output() {
        return List.copyOf(lines);
    }

    /** A plaintext channel of its own to the server, without retries; the caller shuts it down. */
    public ManagedChannel channel() {
        return channelBuilder().build();
    }

    /** The same for a channel that needs more said. */
    public NettyChannelBuilder channelBuilder() {
        return NettyChannelBuilder.forAddress("127.0.0.1", port())
                .usePlaintext()
                .disableRetry()
                .maxInboundMessageSize(Integer.MAX_VALUE);
    }

    /** {@code kill -9}, of this process and those that it started; returns when they are gone. */
    public void kill() {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        waitForExit();
        for (ProcessHandle child : children) {
            child.onExit().orTimeout(END_LIMIT.toSeconds(), SECONDS).join();
        }
    }

    /** SIGTERM to the server, also if it runs under another command; returns the exit status. */
    public int terminate() {
        List<ProcessHandle> children = process.descendants().toList();
        if (children.isEmpty()) {
            process.destroy();
        } else {
            children.forEach(ProcessHandle::destroy);
        }
        return waitForExit();
    }

    /** Waits for the end of the process and its output; returns the exit status. */
    public int waitForExit() {
        try {
            if (!process.waitFor(END_LIMIT.toNanos(), NANOSECONDS)) {
                throw new AssertionError("the server does not end, its output:\n" + String.join("\n", output()));
            }
            reader.join(END_LIMIT.toMillis());
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Resident memory of the process in bytes, at most so far. */
    public long peakResidentBytes() {
        return statusKilobytes("VmHWM") << 10;
    }

    private long statusKilobytes(String field) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status"))) {
                if (line.startsWith(field + ":")) {
                    return Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new AssertionError("/proc says no " + field);
    }

    /** Kills what is still running. */
    @Override
    public void close() {
        kill();
    }
}
