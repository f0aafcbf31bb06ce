package io.meshkeep.server.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.server.crash.ServerProcess;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests above etcd's two limits get etcd's answers, cost little, and end their own call alone. */
class OversizeRequestTest {
    /** What gRPC takes: --max-request-bytes by default, and 512 KiB. */
    private static final int LIMIT = (3 << 19) + (512 << 10);

    @TempDir
    private static Path dir;

    private static ServerProcess server;

    private ManagedChannel channel;

    @BeforeAll
    static void start() {
        server = ServerProcess.on(dir.resolve("data"))
                .jvm("-Xmx96m", "-Dio.netty.leakDetection.level=paranoid")
                .start();
    }

    @AfterAll
    static void stop() {
        assertThat(server.output())
                .as("what the server logged")
                .noneMatch(line -> line.contains("\"error\"") || line.contains("xception") || line.contains("LEAK"));
        assertThat(server.terminate()).isZero();
        server.close();
    }

    @BeforeEach
    void connect() {
        channel = server.channel();
    }

    /** On the same connection, so that its flow control is seen to have survived. */
    @AfterEach
    void theConnectionStillWorks() {
        for (int i = 0; i < 4; i++) {
            RawCalls.call(channel, KVGrpc.getPutMethod(), put(1_500_000));
        }
        channel.shutdownNow();
    }

    private static byte[] put(int messageBytes) {
        // the key takes 3 bytes, the value's tag one
        int room = messageBytes - 4;
        int value = room - CodedOutputStream.computeUInt32SizeNoTag(room - 3);
        byte[] body = PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("k"))
                .setValue(ByteString.copyFrom(new byte[value]))
                .build()
                .toByteArray();
        assertThat(body.length).isEqualTo(messageBytes);
        return body;
    }

    private static String tooLarge(long bytes) {
        return "grpc: received message larger than max (" + bytes + " vs. " + LIMIT + ")";
    }

    private Status refusal(MethodDescriptor<?, ?> method, byte[] body) {
        StatusRuntimeException refusal =
                catchThrowableOfType(StatusRuntimeException.class, () -> RawCalls.call(channel, method, body));
        assertThat(refusal)
                .as("%s of %d bytes", method.getFullMethodName(), body.length)
                .isNotNull();
        return refusal.getStatus();
    }

    @ParameterizedTest
    @CsvSource({"1572865", "2000000", "" + LIMIT})
    void aWriteAboveTheRequestLimit(int bytes) {
        Status status = refusal(KVGrpc.getPutMethod(), put(bytes));
        assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(status.getDescription()).isEqualTo("etcdserver: request is too large");
    }

    @ParameterizedTest
    @ValueSource(ints = {LIMIT + 1, 2 * LIMIT, 2 * LIMIT + 1, 40_000_000})
    void aMessageAboveTheLimitOfGrpc(int bytes) {
        for (MethodDescriptor<?, ?> method :
                new MethodDescriptor<?, ?>[] {KVGrpc.getPutMethod(), KVGrpc.getTxnMethod(), KVGrpc.getRangeMethod()}) {
            Status status = refusal(method, new byte[bytes]);
            assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(status.getDescription()).isEqualTo(tooLarge(bytes));
        }
    }

    /** They end as the client is told, not as if it had cancelled them. */
    @Test
    void theMetricsSayWhatTheClientIsTold() throws Exception {
        refusal(KVGrpc.getCompactMethod(), new byte[LIMIT + 1]);
        refusal(KVGrpc.getCompactMethod(), new byte[LIMIT + 1]);
        String metrics;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream()
                    .write("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            metrics = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
        assertThat(metrics.lines()
                        .filter(line -> line.startsWith("grpc_server_handled_total")
                                && line.contains("grpc_method=\"Compact\"")
                                && !line.endsWith(" 0")
                                && !line.endsWith(" 0.0")))
                .singleElement()
                .asString()
                .contains("grpc_code=\"ResourceExhausted\"")
                .matches(".* 2(\\.0)?");
    }

    @Test
    void aTransactionWhoseMessageIsJustTakenIsAWriteThatIsTooLarge() {
        byte[] txn = TxnRequest.newBuilder()
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("k"))
                                .setValue(ByteString.copyFrom(new byte[LIMIT - 40]))))
                .build()
                .toByteArray();
        assertThat(txn.length).isLessThanOrEqualTo(LIMIT);
        assertThat(refusal(KVGrpc.getTxnMethod(), txn).getDescription()).isEqualTo("etcdserver: request is too large");
    }

    /** A few bytes on the wire, and a lot when they are unpacked. */
    @ParameterizedTest
    @ValueSource(ints = {LIMIT + 1, 2 * LIMIT + 1, 100_000_000})
    void aMessageThatIsLargeOnceItIsUnpacked(int bytes) {
        PutRequest put = PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("k"))
                .setValue(ByteString.copyFrom(new byte[bytes]))
                .build();
        StatusRuntimeException refusal = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> KVGrpc.newBlockingStub(channel).withCompression("gzip").put(put));
        assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(refusal.getStatus().getDescription())
                .isEqualTo("grpc: received message after decompression larger than max " + LIMIT);
    }

    @ParameterizedTest
    @ValueSource(ints = {LIMIT + 1, 30_000_000})
    void aMessageOfAStream(int bytes) throws InterruptedException {
        for (MethodDescriptor<?, ?> method :
                new MethodDescriptor<?, ?>[] {WatchGrpc.getWatchMethod(), LeaseGrpc.getLeaseKeepAliveMethod()}) {
            RawStream other = new RawStream(channel, WatchGrpc.getWatchMethod());
            other.send(create());
            assertThat(other.next()).isInstanceOf(byte[].class);

            RawStream stream = new RawStream(channel, method);
            if (method == WatchGrpc.getWatchMethod()) {
                stream.send(create());
                assertThat(stream.next()).isInstanceOf(byte[].class);
            }
            stream.send(new byte[bytes]);
            assertThat(stream.next()).isInstanceOfSatisfying(Status.class, status -> {
                assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
                assertThat(status.getDescription()).isEqualTo(tooLarge(bytes));
            });

            RawCalls.call(channel, KVGrpc.getPutMethod(), put(100));
            assertThat(other.next()).isInstanceOf(byte[].class);
            other.cancel();
        }
    }

    private static byte[] create() {
        return WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")))
                .build()
                .toByteArray();
    }

    /** A length that no signed number holds, in a frame that ends in the middle of it. */
    @Test
    void aLengthOfFourGigabytes() throws Exception {
        try (RawHttp2 client = new RawHttp2(server.port())) {
            client.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, RawHttp2.call("/etcdserverpb.KV/Put"))
                    .send(RawHttp2.DATA, 0, 1, 0, -1, -1)
                    .flush()
                    .send(RawHttp2.DATA, 0, 1, -1, -1, 1, 2, 3)
                    .flush();
            String answer = "";
            byte[] buffer = new byte[4096];
            while (!answer.contains("received message larger")) {
                int read = client.in().read(buffer);
                assertThat(read).as("before the answer: %s", answer).isPositive();
                answer += new String(buffer, 0, read, StandardCharsets.ISO_8859_1);
            }
            assertThat(answer).contains(tooLarge(0xffff_ffffL));
        }
    }
}
