package io.meshkeep.server.differential;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** An etcd, or a program with its flags, as a child process with one member on loopback ports and a directory. */
final class Referee implements SystemUnderTest {
    private static final String READY = "ready to serve client requests";
    private static final int START_SECONDS = 30;
    private static final int PORT_ATTEMPTS = 5;
    private static final int LOG_LINES = 40;

    /** Children that a failing run leaves behind end with this process. */
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
    }

    private final Path binary;
    private final Path directory;
    private final Deque<String> log = new ArrayDeque<>();
    private int clientPort;
    private int peerPort;
    private Process process;

    private final List<String> flags;

    private Referee(Path binary, Path directory, List<String> flags) {
        this.binary = binary;
        this.directory = directory;
        this.flags = flags;
    }

    /** Starts it on an empty store; returns when it serves. */
    static Referee start(Path binary, String... flags) {
        try {
            Referee referee = new Referee(binary, Files.createTempDirectory("referee"), List.of(flags));
            referee.launchOnFreePorts();
            return referee;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first line of {@code --version}, such as {@code etcd Version: 3.6.16}. */
    static String version(Path binary) {
        try {
            Process process = new ProcessBuilder(binary.toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return output.lines().findFirst().orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String target() {
        return "127.0.0.1:" + clientPort;
    }

    @Override
    public void restart() {
        stop();
        if (!launch()) {
            throw new IllegalStateException(binary + " did not start again\n" + logTail());
        }
    }

    @Override
    public String logTail() {
        synchronized (log) {
            return String.join("\n", log);
        }
    }

    @Override
    public void close() {
        stop();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A free port may be taken by someone else before the child binds it: then others are tried. */
    private void launchOnFreePorts() throws IOException {
        for (int attempt = 1; attempt <= PORT_ATTEMPTS; attempt++) {
            clientPort = freePort();
            peerPort = freePort();
            if (launch()) {
                return;
            }
        }
        throw new IllegalStateException(binary + " did not start\n" + logTail());
    }

    private boolean launch() {
        String client = "http://127.0.0.1:" + clientPort;
        String peer = "http://127.0.0.1:" + peerPort;
        List<String> command = new ArrayList<>(List.of(
                binary.toString(),
                "--data-dir=" + directory.resolve("data"),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=default=" + peer));
        command.addAll(flags);
        CompletableFuture<Boolean> ready = new CompletableFuture<>();
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().keySet().removeIf(name -> name.startsWith("ETCD_"));
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        RUNNING.add(process);
        Thread reader = new Thread(() -> read(process, ready), "referee-log");
        reader.setDaemon(true);
        reader.start();
        try {
            if (ready.get(START_SECONDS, TimeUnit.SECONDS)) {
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while starting " + binary, e);
        } catch (ExecutionException | TimeoutException e) {
            stop();
            throw new IllegalStateException(binary + " does not get ready\n" + logTail(), e);
        }
        stop();
        return false;
    }

    private void read(Process child, CompletableFuture<Boolean> ready) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (log) {
                    log.add(line);
                    if (log.size() > LOG_LINES) {
                        log.remove();
                    }
                }
                if (line.contains(READY)) {
                    ready.complete(true);
                }
            }
        } catch (IOException e) {
            // The stream closes under the reader when the child is stopped.
            ready.complete(false);
        }
        ready.complete(false);
    }

    private void stop() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while stopping " + binary, e);
        } finally {
            RUNNING.remove(process);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
