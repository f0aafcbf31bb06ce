package io.meshkeep.server.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.server.crash.ServerProcess;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that send without end: they are held up or cut off, and others are served meanwhile. */
class FloodTest {
    @TempDir
    private Path dir;

    private ServerProcess server;
    private ManagedChannel other;

    @BeforeEach
    void start() {
        server = ServerProcess.on(dir.resolve("data")).jvm("-Xmx64m").start();
        other = server.channel();
    }

    @AfterEach
    void stop() {
        othersAreServed();
        other.shutdownNow();
        assertThat(server.output())
                .as("what the server logged")
                .noneMatch(line -> line.contains("\"error\"") || line.contains("OutOfMemory"));
        assertThat(server.terminate()).isZero();
        server.close();
    }

    private void othersAreServed() {
        for (int i = 0; i < 20; i++) {
            assertThat(KVGrpc.newBlockingStub(other)
                            .withDeadlineAfter(20, TimeUnit.SECONDS)
                            .put(PutRequest.newBuilder()
                                    .setKey(com.google.protobuf.ByteString.copyFromUtf8("k"))
                                    .build())
                            .hasHeader())
                    .isTrue();
        }
    }

    /** Sends for as long as the transport takes it; the answers are never read. */
    @Test
    void keepalivesWhoseAnswersAreNotReadAreNotTaken() throws InterruptedException {
        LeaseGrpc.newBlockingStub(other)
                .leaseGrant(LeaseGrantRequest.newBuilder().setID(1).setTTL(100).build());
        ManagedChannel flooder = server.channel();
        Semaphore ready = new Semaphore(0);
        ClientCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> call =
                flooder.newCall(LeaseGrpc.getLeaseKeepAliveMethod(), CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onReady() {
                        ready.release();
                    }
                },
                new Metadata());
        LeaseKeepAliveRequest request =
                LeaseKeepAliveRequest.newBuilder().setID(1).build();
        int sent = 0;
        // gRPC's windows on both sides hold some; what goes on beyond them is taken by the server
        int windows = 4 * (1 << 20) / (request.getSerializedSize() + 5);
        while (sent < windows && (call.isReady() || ready.tryAcquire(2, TimeUnit.SECONDS))) {
            while (call.isReady() && sent < windows) {
                call.sendMessage(request);
                sent++;
            }
        }
        assertThat(sent).as("sent until it was held up").isBetween(1000, windows - 1);
        othersAreServed();
        call.cancel("enough", null);
        flooder.shutdownNow();
    }

    private static void frame(DataOutputStream out, int type, int flags, byte[] body) throws IOException {
        out.writeByte(body.length >> 16);
        out.writeShort(body.length);
        out.writeByte(type);
        out.writeByte(flags);
        out.writeInt(0);
        out.write(body);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        // so that it does not take long until nothing more can be sent to it
        socket.setReceiveBufferSize(64 << 10);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        socket.setSoTimeout(20_000);
        return socket;
    }

    /** As etcd does it: GOAWAY with ENHANCE_YOUR_CALM, and the connection ends. */
    @Test
    void pingsWithoutAPauseEndTheConnection() throws IOException {
        try (Socket socket = connect()) {
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
            out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            frame(out, 4, 0, new byte[0]);
            try {
                for (int i = 0; i < 1000; i++) {
                    frame(out, 6, 0, new byte[8]);
                }
                out.flush();
            } catch (IOException e) {
                // cut off while sending
            }
            assertThat(untilTheEnd(socket)).contains("too_many_pings");
        }
    }

    /** Each is to be acknowledged, and the acknowledgements are not read. */
    @Test
    void settingsWithoutAPauseAreNotPiledUp() throws IOException {
        try (Socket socket = connect()) {
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
            out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            int sent = 0;
            try {
                for (; sent < 5_000_000; sent++) {
                    frame(out, 4, 0, new byte[0]);
                }
                out.flush();
            } catch (IOException e) {
                // cut off while sending
            }
            assertThat(sent).as("taken before the connection was cut").isLessThan(5_000_000);
        }
    }

    private static String untilTheEnd(Socket socket) throws IOException {
        StringBuilder answer = new StringBuilder();
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[4096];
        try {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                answer.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
            }
        } catch (java.net.SocketException e) {
            // reset, since not all of the pings were read
        }
        return answer.toString();
    }
}
