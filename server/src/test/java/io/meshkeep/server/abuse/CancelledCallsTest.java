package io.meshkeep.server.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.server.crash.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Thousands of calls that are cancelled, or whose connection is cut, at random moments: nothing of them is left. */
class CancelledCallsTest {
    private static final int ROUNDS = 25;
    private static final int CALLS = 120;
    private static final ByteString KEY = ByteString.copyFromUtf8("key");

    @TempDir
    private Path dir;

    private record Kind(MethodDescriptor<?, ?> method, byte[] request, boolean stream) {}

    private static final List<Kind> KINDS = List.of(
            new Kind(
                    KVGrpc.getPutMethod(),
                    PutRequest.newBuilder()
                            .setKey(KEY)
                            .setValue(ByteString.copyFrom(new byte[30_000]))
                            .setPrevKv(true)
                            .build()
                            .toByteArray(),
                    false),
            new Kind(
                    KVGrpc.getRangeMethod(),
                    RangeRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("many/"))
                            .setRangeEnd(ByteString.copyFromUtf8("many0"))
                            .build()
                            .toByteArray(),
                    false),
            new Kind(
                    KVGrpc.getTxnMethod(),
                    TxnRequest.newBuilder()
                            .addSuccess(RequestOp.newBuilder()
                                    .setRequestPut(PutRequest.newBuilder().setKey(KEY)))
                            .build()
                            .toByteArray(),
                    false),
            new Kind(
                    WatchGrpc.getWatchMethod(),
                    WatchRequest.newBuilder()
                            .setCreateRequest(WatchCreateRequest.newBuilder()
                                    .setKey(KEY)
                                    .setStartRevision(2)
                                    .setPrevKv(true)
                                    .setProgressNotify(true))
                            .build()
                            .toByteArray(),
                    true),
            new Kind(
                    LeaseGrpc.getLeaseKeepAliveMethod(),
                    LeaseKeepAliveRequest.newBuilder().setID(1).build().toByteArray(),
                    true));

    @Test
    void nothingIsLeftOfThem() throws Exception {
        long seed = Long.getLong("meshkeep.abuse.seed", System.nanoTime());
        Random random = new Random(seed);
        try (ServerProcess server = ServerProcess.on(dir.resolve("data"))
                .jvm("-Xmx64m", "-Dio.netty.leakDetection.level=paranoid")
                .flags("--unsafe-no-fsync")
                .start()) {
            ManagedChannel steady = server.channel();
            for (int i = 0; i < 100; i++) {
                KVGrpc.newBlockingStub(steady)
                        .put(PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("many/" + i))
                                .setValue(ByteString.copyFrom(new byte[10_000]))
                                .build());
            }
            for (int round = 0; round < ROUNDS; round++) {
                ManagedChannel channel = server.channel();
                channel.getState(true);
                await().atMost(Duration.ofSeconds(30)).until(() -> channel.getState(false) == ConnectivityState.READY);
                List<ClientCall<?, ?>> open = new ArrayList<>();
                int reached = CALLS / 2 + random.nextInt(CALLS / 2);
                for (int i = 0; i < CALLS; i++) {
                    if (i == reached) {
                        // The answer says that the server has read what was sent before, however slow it is.
                        KVGrpc.newBlockingStub(channel)
                                .withDeadlineAfter(30, TimeUnit.SECONDS)
                                .put(PutRequest.newBuilder().setKey(KEY).build());
                    }
                    open.add(call(channel, KINDS.get(random.nextInt(KINDS.size())), random));
                    if (random.nextInt(3) == 0) {
                        open.remove(random.nextInt(open.size())).cancel("at random", null);
                    }
                    LockSupport.parkNanos(random.nextInt(100_000));
                }
                if (random.nextBoolean()) {
                    open.forEach(call -> call.cancel("at the end", null));
                    channel.shutdown();
                } else {
                    // the calls are cut with their connection
                    channel.shutdownNow();
                }
                assertThat(channel.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
            }
            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                String metrics = metrics(server.port());
                for (String left : List.of("watcher_total", "watch_stream_total", "slow_watcher_total")) {
                    assertThat(value(metrics, "etcd_debugging_mvcc_" + left))
                            .as(left)
                            .isZero();
                }
                assertThat(value(metrics, "etcd_server_proposals_pending")).isZero();
                assertThat(sum(metrics, "grpc_server_started_total"))
                        .as("calls started")
                        .isGreaterThan(ROUNDS * CALLS / 4.0);
                assertThat(sum(metrics, "grpc_server_handled_total"))
                        .as("calls ended, of those that were started (seed %d)", seed)
                        .isEqualTo(sum(metrics, "grpc_server_started_total"));
            });
            assertThat(KVGrpc.newBlockingStub(steady)
                            .put(PutRequest.newBuilder().setKey(KEY).build())
                            .getHeader()
                            .getRevision())
                    .isGreaterThan(1);
            steady.shutdownNow();
            assertThat(server.output())
                    .as("what the server logged (seed %d)", seed)
                    .noneMatch(line ->
                            line.contains("LEAK") || line.contains("\"error\"") || line.contains("OutOfMemory"));
            assertThat(server.terminate()).isZero();
        }
    }

    /** Starts a call and goes some of the way with it. */
    private static ClientCall<?, ?> call(ManagedChannel channel, Kind kind, Random random) {
        ClientCall<byte[], byte[]> call = channel.newCall(RawCalls.method(kind.method), CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        if (random.nextInt(4) > 0) {
            call.request(random.nextInt(3) + 1);
        }
        if (random.nextInt(10) > 0) {
            call.sendMessage(kind.request);
            if (kind.stream) {
                for (int i = random.nextInt(4); i > 0; i--) {
                    call.sendMessage(kind.request);
                }
            }
            if (random.nextInt(kind.stream ? 2 : 10) > 0) {
                call.halfClose();
            }
        }
        return call;
    }

    private static String metrics(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static double value(String metrics, String name) {
        Matcher line = Pattern.compile("(?m)^" + name + " (\\S+)$").matcher(metrics);
        assertThat(line.find()).as("there is a metric %s", name).isTrue();
        return Double.parseDouble(line.group(1));
    }

    private static double sum(String metrics, String family) {
        Matcher lines = Pattern.compile("(?m)^" + family + "\\{.*} (\\S+)$").matcher(metrics);
        double sum = 0;
        while (lines.find()) {
            sum += Double.parseDouble(lines.group(1));
        }
        return sum;
    }
}
