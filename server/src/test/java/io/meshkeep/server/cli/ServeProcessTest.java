package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.server.tls.Pki;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command as a process: its streams, signals and exit status. */
@Timeout(60)
class ServeProcessTest {
    private static final String READY = "\"msg\":\"ready to serve client requests\"";

    @TempDir
    Path directory;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void endProcesses() {
        started.forEach(Process::destroyForcibly);
    }

    /** Other people's suites and scripts wait for the first line, word for word. */
    @Test
    void saysWhenItIsReadyToProgramsAndToPeople() throws Exception {
        Process server = serve("--data-dir", "data", "--listen-client-urls", "http://127.0.0.1:0");
        awaitLine(server.errorReader(StandardCharsets.UTF_8), READY);
        String people = awaitLine(server.inputReader(StandardCharsets.UTF_8), "Meshkeep ");
        assertThat(people).contains(" serves http://127.0.0.1:").endsWith("data in " + directory.resolve("data"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void aSignalClosesTheServerAndIsASuccess(String signal) throws Exception {
        assumeFalse(signal.equals("INT") && isInterruptIgnored(), "started in the background, where SIGINT is ignored");
        Process server = serve("--data-dir", "data", "--listen-client-urls", "http://127.0.0.1:0");
        BufferedReader log = server.errorReader(StandardCharsets.UTF_8);
        awaitLine(log, READY);
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(server.pid()))
                        .start()
                        .waitFor())
                .isZero();
        // What the closing server logs is not lost, although the JDK's own log manager closes down at the same time.
        awaitLine(log, "\"msg\":\"stopped\"");
        assertThat(server.waitFor()).isZero();
    }

    @Test
    void logsGoWhereTheyAreSentAndAreNobodyElses() throws Exception {
        Path log = directory.resolve("server.log");
        Process server = serve(
                "--data-dir=data",
                "--listen-client-urls=http://127.0.0.1:0",
                "--log-format=console",
                "--log-outputs=" + log);
        BufferedReader out = server.inputReader(StandardCharsets.UTF_8);
        BufferedReader err = server.errorReader(StandardCharsets.UTF_8);
        awaitLine(out, "Meshkeep ");
        assertThat(Files.readString(log)).contains("  info   Main  ready to serve client requests\n");
        assertThat(Files.getPosixFilePermissions(log))
                .extracting(Enum::name)
                .containsExactlyInAnyOrder("OWNER_READ", "OWNER_WRITE");
        server.toHandle().destroy();
        assertThat(server.waitFor()).isZero();
        assertThat(out.readLine()).isNull();
        assertThat(err.readLine()).isNull();
    }

    /** Its jar is signed, and to check that takes a JVM a third of a second, which no archive of classes can spare. */
    @ParameterizedTest
    @CsvSource({"EC_P256, PKCS8", "EC_P256, SEC1", "RSA_2048, PKCS1"})
    void aServerWithTlsStartsAndGreetsClientsWithoutBouncyCastle(KeyAlgorithm algorithm, KeyFormat format)
            throws Exception {
        Pki pki = new Pki(directory);
        pki.writeServer(algorithm, format);
        Path loaded = directory.resolve("loaded");
        Process server = serve(
                List.of("-Xlog:class+load:file=" + loaded),
                "--data-dir=data",
                "--listen-client-urls=https://127.0.0.1:0",
                "--advertise-client-urls=https://127.0.0.1:0",
                "--cert-file=server.crt",
                "--key-file=server.key",
                "--trusted-ca-file=ca.crt",
                "--client-cert-auth");
        String ready = awaitLine(server.inputReader(StandardCharsets.UTF_8), "Meshkeep ");
        int port = Integer.parseInt(
                ready.replaceFirst(".* serves https://127.0.0.1:", "").replaceFirst(",.*", ""));
        try (Socket socket = Pki.clientContext(pki.client("me"), pki.authority.certificate())
                .getSocketFactory()
                .createSocket("127.0.0.1", port)) {
            socket.getOutputStream()
                    .write("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 200 ");
        }
        assertThat(Files.readAllLines(loaded))
                .anyMatch(line -> line.contains("io.meshkeep.server.tls.AdmittedClient"))
                .noneMatch(line -> line.contains("org.bouncycastle."));
    }

    @Test
    void misuseEndsWithOneLineAndStatus2() throws Exception {
        Process server = serve("--no-such-flag");
        assertThat(server.waitFor()).isEqualTo(2);
        assertThat(server.errorReader(StandardCharsets.UTF_8).lines())
                .containsExactly("meshkeep: unknown flag --no-such-flag");
        assertThat(server.inputReader(StandardCharsets.UTF_8).readLine()).isNull();
    }

    @Test
    void aTakenPortALockedDirectoryAndAFileInTheWayAreOneLineEach() throws Exception {
        Process first = serve("--data-dir=data", "--listen-client-urls=http://127.0.0.1:0");
        String ready = awaitLine(first.inputReader(StandardCharsets.UTF_8), "Meshkeep ");
        String url = ready.replaceFirst(".* serves ", "").replaceFirst(",.*", "");
        Files.createFile(directory.resolve("file"));

        assertCannotStart("cannot listen on " + url, "--data-dir=other", "--listen-client-urls=" + url);
        assertCannotStart("locked by another process", "--data-dir=data", "--listen-client-urls=http://127.0.0.1:0");
        assertCannotStart("data directory", "--data-dir=file", "--listen-client-urls=http://127.0.0.1:0");
    }

    private void assertCannotStart(String reason, String... flags) throws Exception {
        Process server = serve(flags);
        assertThat(server.waitFor()).isEqualTo(1);
        assertThat(server.errorReader(StandardCharsets.UTF_8).lines())
                .singleElement()
                .asString()
                .startsWith("meshkeep: ")
                .contains(reason);
        assertThat(server.inputReader(StandardCharsets.UTF_8).readLine()).isNull();
    }

    /** A shell without job control starts background commands so, and all their children inherit it. */
    private static boolean isInterruptIgnored() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("SigIgn:")) {
                return (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0;
            }
        }
        return false;
    }

    private Process serve(String... flags) throws IOException {
        return serve(List.of(), flags);
    }

    private Process serve(List<String> jvmOptions, String... flags) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (Runtime.version().feature() >= 24) {
            // As the launcher does; otherwise the JVM itself prints warnings.
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), "serve"));
        command.addAll(List.of(flags));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("ETCD_") || name.startsWith("JAVA_TOOL"));
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private static String awaitLine(BufferedReader reader, String part) throws IOException {
        List<String> seen = new ArrayList<>();
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.contains(part)) {
                return line;
            }
            seen.add(line);
        }
        throw new AssertionError("no line with " + part + " in " + seen);
    }
}
