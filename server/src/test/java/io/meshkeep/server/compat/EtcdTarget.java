package io.meshkeep.server.compat;

import static org.awaitility.Awaitility.await;

import io.meshkeep.server.TlsConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An etcd as a child process: one member, on loopback, with a directory of its own. */
final class EtcdTarget implements Target {
    private static final String READY = "ready to serve client requests";
    private static final Pattern WATCHERS = Pattern.compile("(?m)^etcd_debugging_mvcc_watcher_total (\\d+)$");
    private static final int ATTEMPTS = 5;

    /** A test run that is killed must not leave these behind. */
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Process::destroyForcibly)));
    }

    private final Path directory;
    private final Path log;
    private final int port;
    private final int peerPort;
    private final String scheme;
    private final List<String> flags;
    private Process process;

    private EtcdTarget(Path directory, int port, int peerPort, String scheme, List<String> flags) {
        this.directory = directory;
        this.log = directory.resolve("log");
        this.port = port;
        this.peerPort = peerPort;
        this.scheme = scheme;
        this.flags = flags;
    }

    private boolean launch() {
        List<String> command = new ArrayList<>(List.of(
                Programs.ETCD.toString(),
                "--data-dir=" + directory.resolve("data"),
                "--listen-client-urls=" + scheme + "://" + endpoint(),
                "--advertise-client-urls=" + scheme + "://" + endpoint(),
                "--listen-peer-urls=" + peerUrl(),
                "--initial-advertise-peer-urls=" + peerUrl(),
                "--initial-cluster=default=" + peerUrl()));
        command.addAll(flags);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("ETCD_"));
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        RUNNING.add(process);
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(30))
                .until(() -> !process.isAlive() || log().contains(READY));
        return process.isAlive();
    }

    /** Starts one, or leaves the test out if there is no etcd. */
    static EtcdTarget start(String... flags) {
        return start("http", List.of(flags));
    }

    /** Like {@link #start}, with mutual TLS; what needs to speak with it must bring a certificate. */
    static EtcdTarget startTls(TlsConfig tls, String... more) {
        List<String> flags = new ArrayList<>(List.of(more));
        flags.addAll(List.of(
                "--client-cert-auth",
                "--cert-file=" + tls.certFile(),
                "--key-file=" + tls.keyFile(),
                "--trusted-ca-file=" + tls.trustedCaFile().orElseThrow()));
        return start("https", flags);
    }

    private static EtcdTarget start(String scheme, List<String> flags) {
        Programs.require(Programs.ETCD);
        for (int attempt = 1; ; attempt++) {
            EtcdTarget etcd = new EtcdTarget(temporaryDirectory(), Ports.free(), Ports.free(), scheme, flags);
            if (etcd.launch()) {
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

    /** Like {@link #start}, with another interval for {@code progress_notify}. */
    static EtcdTarget startTellingProgress(Duration interval) {
        Programs.require(Programs.ETCD);
        // the flag was an experiment up to 3.5
        String flag = help().contains("--watch-progress-notify-interval")
                ? "--watch-progress-notify-interval="
                : "--experimental-watch-progress-notify-interval=";
        return start(flag + interval.toMillis() + "ms");
    }

    private static String help() {
        try {
            Process help = new ProcessBuilder(Programs.ETCD.toString(), "--help")
                    .redirectErrorStream(true)
                    .start();
            return new String(help.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .replace("--experimental-watch-progress-notify-interval", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path temporaryDirectory() {
        try {
            return Files.createTempDirectory("etcd");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
    public void stop() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        } finally {
            RUNNING.remove(process);
        }
    }

    @Override
    public void startAgain() {
        if (!launch()) {
            throw new IllegalStateException("etcd does not start again\n" + log());
        }
    }

    /** Without ceremony, which takes an etcd a second: nobody needs the data any more. */
    @Override
    public void close() {
        process.destroyForcibly();
        stop();
        Directories.delete(directory);
    }
}
