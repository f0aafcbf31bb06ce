package io.meshkeep.server.compat;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An etcd as a child process: one member, on loopback, with a directory of its own. */
final class EtcdTarget implements Target {
    private static final String READY = "ready to serve client requests";
    private static final Pattern WATCHERS = Pattern.compile("(?m)^etcd_debugging_mvcc_watcher_total (\\d+)$");
    private static final int ATTEMPTS = 5;

    private final Path directory;
    private final Path log;
    private final int port;
    private final int peerPort;
    private final Process process;

    private EtcdTarget(Path directory, int port, int peerPort, List<String> flags) throws IOException {
        this.directory = directory;
        this.log = directory.resolve("log");
        this.port = port;
        this.peerPort = peerPort;
        List<String> command = new ArrayList<>(List.of(
                Programs.ETCD.toString(),
                "--data-dir=" + directory.resolve("data"),
                "--listen-client-urls=http://" + endpoint(),
                "--advertise-client-urls=http://" + endpoint(),
                "--listen-peer-urls=" + peerUrl(),
                "--initial-advertise-peer-urls=" + peerUrl(),
                "--initial-cluster=default=" + peerUrl()));
        command.addAll(flags);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("ETCD_"));
        this.process = builder.start();
        // a test run that is killed must not leave it behind
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    /** Starts one, or leaves the test out if there is no etcd. */
    static EtcdTarget start(String... flags) {
        Programs.require(Programs.ETCD);
        for (int attempt = 1; ; attempt++) {
            EtcdTarget etcd;
            try {
                etcd = new EtcdTarget(
                        Files.createTempDirectory("etcd"), Ports.free(), Ports.free(), List.of(flags));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (etcd.awaitReady()) {
                return etcd;
            }
            String log = etcd.log();
            etcd.close();
            // the port may have been taken between the choice and the start
            if (attempt == ATTEMPTS || !log.contains("address already in use")) {
                throw new IllegalStateException("etcd does not start\n" + log);
            }
        }
    }

    private boolean awaitReady() {
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(30))
                .until(() -> !process.isAlive() || log().contains(READY));
        return process.isAlive();
    }

    private String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Kind kind() {
        return Kind.ETCD;
    }

    @Override
    public String endpoint() {
        return "127.0.0.1:" + port;
    }

    String peerUrl() {
        return "http://127.0.0.1:" + peerPort;
    }

    @Override
    public int watchers() {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + endpoint() + "/metrics"))
                .build();
        try {
            String metrics = HttpClient.newHttpClient()
                    .send(request, HttpResponse.BodyHandlers.ofString())
                    .body();
            Matcher matcher = WATCHERS.matcher(metrics);
            if (!matcher.find()) {
                throw new IllegalStateException("etcd does not tell its number of watches");
            }
            return Integer.parseInt(matcher.group(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Directories.delete(directory);
    }
}
