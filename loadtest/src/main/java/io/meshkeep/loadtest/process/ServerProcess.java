package io.meshkeep.loadtest.process;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.tls.MutualTls;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.RangeRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server that was started for a measurement and ends with it. */
public final class ServerProcess implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final long STOP_SECONDS = 30;

    private final Contender contender;
    private final Process process;
    private final Endpoint endpoint;
    private final ProcessAccounts accounts;
    private final Duration startTime;
    private final Duration startCpu;

    private ServerProcess(Contender contender, Process process, Endpoint endpoint, Duration startTime) {
        this.contender = contender;
        this.process = process;
        this.endpoint = endpoint;
        this.accounts = new ProcessAccounts(process.pid());
        this.startTime = startTime;
        this.startCpu = Duration.ofNanos(accounts.nanos());
    }

    /**
     * Starts a server and waits until it has answered a linearizable read.
     *
     * @param directory holds its data and its log; made if it is not there, used as it is if it is
     * @throws IOException with the end of its log if it does not come up
     */
    public static ServerProcess start(Contender contender, Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        int port = freePort();
        Path log = directory.resolve("log");
        List<String> command = contender.commandLine(directory.resolve("data"), port, freePort());
        long begin = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        Thread killer = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(killer);
        Endpoint endpoint = new Endpoint("127.0.0.1", port, contender.tls().map(MutualTls::client));
        while (!serves(endpoint)) {
            if (!process.isAlive()) {
                throw new IOException(contender.name() + " ended at its start: " + tail(log));
            }
            if (System.nanoTime() - begin > START_LIMIT.toNanos()) {
                process.destroyForcibly();
                throw new IOException(
                        contender.name() + " does not serve after " + START_LIMIT.toSeconds() + " s: " + tail(log));
            }
            Thread.sleep(2);
        }
        return new ServerProcess(contender, process, endpoint, Duration.ofNanos(System.nanoTime() - begin));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static boolean serves(Endpoint endpoint) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), 1000);
        } catch (IOException e) {
            return false;
        }
        try (EtcdClient client = EtcdClient.connect(endpoint, 1)) {
            client.ask(
                    KVGrpc.getRangeMethod(),
                    RangeRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("health"))
                            .build());
            return true;
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    private static String tail(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
    }

    /** What was started. */
    public Contender contender() {
        return contender;
    }

    /** Where it serves. */
    public Endpoint endpoint() {
        return endpoint;
    }

    /** What it uses. */
    public ProcessAccounts accounts() {
        return accounts;
    }

    /** From the start of the process to its first answer. */
    public Duration startTime() {
        return startTime;
    }

    /** Processor time that it had used by then. */
    public Duration startCpu() {
        return startCpu;
    }

    /** Stops it the way a supervisor does, and waits for its end. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
