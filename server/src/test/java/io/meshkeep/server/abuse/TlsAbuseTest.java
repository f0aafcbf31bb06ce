package io.meshkeep.server.abuse;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.server.crash.ServerProcess;
import io.meshkeep.server.tls.Pki;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Handshakes that are many, slow, broken off or begun again: others are served meanwhile, in bounded memory. */
class TlsAbuseTest {
    private static final int HANDSHAKES = 200;
    private static final int SLOW = 200;

    @TempDir
    Path directory;

    private Pki pki;
    private ServerProcess server;

    private void start(String... jvm) throws IOException {
        pki = new Pki(directory);
        server = ServerProcess.on(directory.resolve("data"))
                .jvm("-Xmx64m")
                .jvm(jvm)
                .tls(pki.writeServer(KeyAlgorithm.EC_P256, KeyFormat.PKCS8))
                .start();
    }

    private void stop(ManagedChannel... channels) {
        for (ManagedChannel channel : channels) {
            channel.shutdownNow();
        }
        assertThat(server.output())
                .as("what the server logged")
                .noneMatch(line -> line.contains("\"error\"") || line.contains("OutOfMemory"));
        assertThat(server.terminate()).isZero();
        server.close();
    }

    private ManagedChannel connect() throws SSLException {
        return NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .sslContext(pki.grpcContext("me"))
                .build();
    }

    private static void put(ManagedChannel channel) {
        assertThat(KVGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(20, TimeUnit.SECONDS)
                        .put(PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("k"))
                                .build())
                        .hasHeader())
                .isTrue();
    }

    private Socket socket() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.setSoTimeout(60_000);
        return socket;
    }

    private byte[] clientHello() throws SSLException {
        SSLEngine engine =
                Pki.clientContext(pki.client("me"), pki.authority.certificate()).createSSLEngine();
        engine.setUseClientMode(true);
        ByteBuffer hello = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), hello);
        return java.util.Arrays.copyOf(hello.array(), hello.position());
    }

    /** Each costs the server a signature, and its sender nothing. */
    @Test
    void handshakesWithoutNumber() throws Exception {
        start();
        ManagedChannel before = connect();
        put(before);
        long memory = server.peakResidentBytes();
        byte[] hello = clientHello();
        AtomicInteger begun = new AtomicInteger();
        Thread flooder = new Thread(() -> {
            while (begun.get() < HANDSHAKES) {
                try (Socket socket = socket()) {
                    socket.getOutputStream().write(hello);
                    assertThat(socket.getInputStream().read()).isEqualTo(0x16);
                    begun.incrementAndGet();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        });
        flooder.start();
        while (flooder.isAlive()) {
            put(before);
            ManagedChannel after = connect();
            put(after);
            after.shutdownNow();
        }
        assertThat(begun).hasValue(HANDSHAKES);
        assertThat(server.peakResidentBytes() - memory).isLessThan(192L << 20);
        put(before);
        stop(before);
    }

    /** A hello that comes byte by byte, one that stops in the middle, and one whose answer is never answered. */
    @Test
    void handshakesThatDoNotEnd() throws Exception {
        start();
        ManagedChannel before = connect();
        put(before);
        byte[] hello = clientHello();
        List<Socket> slow = new ArrayList<>();
        for (int i = 0; i < SLOW; i++) {
            Socket socket = socket();
            slow.add(socket);
            socket.getOutputStream().write(hello, 0, i % 3 == 0 ? 1 : i % 3 == 1 ? hello.length / 2 : hello.length);
        }
        ManagedChannel after = connect();
        put(after);
        Thread trickle = new Thread(() -> {
            for (int at = 1; at < hello.length; at++) {
                for (int i = 0; i < SLOW; i += 3) {
                    try {
                        slow.get(i).getOutputStream().write(hello, at, 1);
                    } catch (IOException closed) {
                        return;
                    }
                }
                try {
                    Thread.sleep(100);
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        trickle.start();
        for (Socket socket : slow) {
            // the server has them for half a minute, byte by byte or not
            try {
                socket.getInputStream().readAllBytes();
            } catch (java.net.SocketException reset) {
                // as good an end
            }
            socket.close();
        }
        trickle.interrupt();
        put(before);
        put(after);
        stop(before, after);
    }

    @ParameterizedTest
    @ValueSource(strings = {"native", "java"})
    void aClientMayNotNegotiateAgain(String library) throws Exception {
        start("-Dio.netty.handler.ssl.noOpenSsl=" + library.equals("java"));
        assertThat(server.output())
                .anyMatch(line -> line.contains(library.equals("java") ? "TLS by Java" : "BoringSSL"));
        ManagedChannel other = connect();
        put(other);
        SSLContext context = Pki.clientContext(pki.client("me"), pki.authority.certificate());
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(socket(), "localhost", server.port(), true)) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            byte[] request = "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII);
            socket.getOutputStream().write(request);
            assertThat(socket.getInputStream().read()).isEqualTo('H');
            StringBuilder rest = new StringBuilder();
            try {
                socket.startHandshake();
                socket.getOutputStream().write(request);
                for (int read = socket.getInputStream().read();
                        read >= 0;
                        read = socket.getInputStream().read()) {
                    rest.append((char) read);
                }
            } catch (IOException refused) {
                // as it should be; the first answer may still have been read
            }
            assertThat(rest.toString()).doesNotContain("HTTP/1.1 200");
        }
        put(other);
        stop(other);
    }
}
