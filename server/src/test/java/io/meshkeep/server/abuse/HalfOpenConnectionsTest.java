package io.meshkeep.server.abuse;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.sun.management.UnixOperatingSystemMXBean;
import io.grpc.ManagedChannel;
import io.meshkeep.proto.DefragmentRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.MaintenanceGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.server.crash.Requirement;
import io.meshkeep.server.crash.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Ten thousand connections that are opened and then left: the server keeps answering others, in bounded memory. */
class HalfOpenConnectionsTest {
    private static final int CONNECTIONS = 10_000;

    /** Connections of a port that may keep silent. */
    private static final int SILENT = 2000;

    @TempDir
    private Path dir;

    enum Opening {
        NOTHING(CONNECTIONS, ""),
        PARTIAL(3000, "PRI * HTT"),
        HTTP1(3000, "GET /version HTTP/1.1\r\nHost: loc"),
        HTTP2(CONNECTIONS, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");

        final int connections;
        final String bytes;

        Opening(int connections, String bytes) {
            this.connections = connections;
            this.bytes = bytes;
        }
    }

    /** Opens connections, says how many, and holds them until its input ends. */
    static final class Flooder {
        private Flooder() {}

        public static void main(String[] args) throws IOException {
            InetSocketAddress server =
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0]));
            byte[] opening = Opening.valueOf(args[1]).bytes.getBytes(US_ASCII);
            List<SocketChannel> open = new ArrayList<>();
            for (int i = 0; i < Integer.parseInt(args[2]); i++) {
                SocketChannel channel = SocketChannel.open(server);
                open.add(channel);
                try {
                    channel.write(ByteBuffer.wrap(opening));
                } catch (IOException e) {
                    // the server has closed it already
                }
            }
            System.out.println(open.size());
            while (System.in.read() >= 0) {
                // until the test has seen enough
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Opening.class)
    void othersAreServed(Opening opening) throws Exception {
        try (ServerProcess server = ServerProcess.on(dir.resolve("data")).start()) {
            flood(server, opening);
        }
    }

    /** Were they taken by connections alone, the store could not open its own, and would end. */
    @Test
    void theFilesOfTheProcessAreNotUsedUp() throws Exception {
        try (ServerProcess server = ServerProcess.on(dir.resolve("data"))
                .under("sh", "-c", "ulimit -n 1200; exec \"$@\"", "sh")
                .start()) {
            ManagedChannel channel = server.channel();
            put(channel);
            Process flooder = flooder(server, Opening.HTTP2, 1500);
            try (BufferedReader output = flooder.inputReader()) {
                assertThat(output.readLine()).isEqualTo("1500");
                await().atMost(Duration.ofSeconds(30))
                        .until(() -> server.output().stream()
                                .anyMatch(line -> line.contains("900 are open, which is the limit")));
                await().atMost(Duration.ofSeconds(30)).until(() -> sockets(server.pid()) < 950);
                // makes new files
                MaintenanceGrpc.newBlockingStub(channel).defragment(DefragmentRequest.getDefaultInstance());
                put(channel);
            } finally {
                flooder.destroyForcibly().waitFor();
            }
            channel.shutdownNow();
            assertThat(server.terminate()).isZero();
        }
    }

    private static Process flooder(ServerProcess server, Opening opening, int connections) throws IOException {
        Requirement.of(
                ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                        && system.getMaxFileDescriptorCount() > connections + 1000,
                "a process may not open " + connections + " connections (ulimit -n)");
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Flooder.class.getName(),
                        String.valueOf(server.port()),
                        opening.name(),
                        String.valueOf(connections))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void flood(ServerProcess server, Opening opening) throws Exception {
        ManagedChannel before = server.channel();
        put(before);
        long memoryBefore = server.peakResidentBytes();
        Process flooder = flooder(server, opening, opening.connections);
        try (BufferedReader output = flooder.inputReader()) {
            assertThat(output.readLine()).isEqualTo(String.valueOf(opening.connections));
            put(before);
            ManagedChannel after = server.channel();
            put(after);
            after.shutdownNow();
            if (opening != Opening.HTTP2) {
                await().atMost(Duration.ofSeconds(30)).until(() -> sockets(server.pid()) < SILENT + 100);
            }
            assertThat(server.peakResidentBytes() - memoryBefore).isLessThan(256L << 20);
        } finally {
            flooder.destroyForcibly().waitFor();
        }
        put(before);
        before.shutdownNow();
        assertThat(server.output()).noneMatch(line -> line.contains("\"error\"") || line.contains("OutOfMemory"));
        assertThat(server.terminate()).isZero();
    }

    private static void put(ManagedChannel channel) {
        assertThat(KVGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(10, TimeUnit.SECONDS)
                        .put(PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("k"))
                                .build())
                        .hasHeader())
                .isTrue();
    }

    private static long sockets(long pid) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return files.filter(file -> {
                        try {
                            return Files.readSymbolicLink(file).toString().startsWith("socket:");
                        } catch (IOException e) {
                            return false;
                        }
                    })
                    .count();
        }
    }
}
