package io.meshkeep.server.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.server.crash.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that send without end: they are held up or cut off, and others are served meanwhile. */
class FloodTest {
    @TempDir
    private static Path dir;

    private static ServerProcess server;
    private static ManagedChannel other;

    @BeforeAll
    static void start() {
        server = ServerProcess.on(dir.resolve("data")).jvm("-Xmx64m").start();
        other = server.channel();
    }

    @AfterAll
    static void stop() {
        other.shutdownNow();
        assertThat(server.output())
                .as("what the server logged")
                .noneMatch(line -> line.contains("\"error\"") || line.contains("OutOfMemory"));
        assertThat(server.terminate()).isZero();
        server.close();
    }

    @AfterEach
    void othersAreServed() {
        for (int i = 0; i < 20; i++) {
            assertThat(KVGrpc.newBlockingStub(other)
                            .withDeadlineAfter(20, TimeUnit.SECONDS)
                            .put(PutRequest.newBuilder()
                                    .setKey(ByteString.copyFromUtf8("k"))
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

    /** As etcd does it: GOAWAY with ENHANCE_YOUR_CALM, and the connection ends. */
    @Test
    void pingsWithoutAPauseEndTheConnection() throws IOException {
        try (RawHttp2 client = new RawHttp2(server.port())) {
            client.sendUntilCut(1000, i -> client.send(RawHttp2.PING, 0, 0, new byte[8]));
            assertThat(client.untilTheEnd()).contains("too_many_pings");
        }
    }

    /** Frames that the server has to look at, and some to answer, though they ask for nothing. */
    enum Idle {
        SETTINGS(RawHttp2.SETTINGS, 0),
        PRIORITY(RawHttp2.PRIORITY, 1, 0, 0, 0, 0, 16),
        UNKNOWN(0xee, 0, 1, 2, 3),
        EMPTY_DATA(RawHttp2.DATA, 1);

        private final int type;
        private final int stream;
        private final int[] body;

        Idle(int type, int stream, int... body) {
            this.type = type;
            this.stream = stream;
            this.body = body;
        }
    }

    @ParameterizedTest
    @EnumSource(Idle.class)
    void framesThatAskForNothingEndTheConnectionWhenTheyAreMany(Idle kind) throws IOException {
        try (RawHttp2 client = new RawHttp2(server.port())) {
            client.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, RawHttp2.call("/etcdserverpb.Watch/Watch"));
            // quick enough on any machine to be many in the server's ten seconds
            client.sendUntilCut(5_000_000, i -> client.send(kind.type, 0, kind.stream, kind.body));
            assertThat(client.untilTheEnd()).contains("too many frames that ask for nothing");
        }
    }

    /** Each opens a call and takes it back at once, so that no limit of calls at a time would be reached. */
    @Test
    void callsThatAreResetAtOnceEndTheConnectionWhenTheyAreMany() throws IOException {
        try (RawHttp2 client = new RawHttp2(server.port())) {
            byte[] headers = RawHttp2.call("/etcdserverpb.Watch/Watch");
            int sent = client.sendUntilCut(
                    2_000_000,
                    i -> client.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 2 * i + 1, headers)
                            .send(RawHttp2.RST_STREAM, 0, 2 * i + 1, 0, 0, 0, 8));
            assertThat(sent).as("calls before the connection was cut").isBetween(19_000, 1_999_999);
            othersAreServed();
        }
    }

    /** What a client does that closes its watches, or whose calls run out of time together. */
    @Test
    void callsThatAreCancelledTogetherAreNoAttack() throws InterruptedException {
        ManagedChannel client = server.channel();
        List<RawStream> watches = new ArrayList<>();
        byte[] create = WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8("w")))
                .build()
                .toByteArray();
        for (int i = 0; i < 1500; i++) {
            RawStream watch = new RawStream(client, WatchGrpc.getWatchMethod());
            watch.send(create);
            watches.add(watch);
        }
        for (RawStream watch : watches) {
            assertThat(watch.next()).isInstanceOf(byte[].class);
        }
        AtomicBoolean lost = new AtomicBoolean();
        client.notifyWhenStateChanged(ConnectivityState.READY, () -> lost.set(true));
        watches.forEach(RawStream::cancel);
        assertThat(KVGrpc.newBlockingStub(client)
                        .put(PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("w"))
                                .build())
                        .hasHeader())
                .isTrue();
        assertThat(lost).isFalse();
        client.shutdownNow();
    }

    /** Calls that are opened and left: no more than the memory allows, and never all that there may be. */
    @Test
    void callsThatAreLeftOpenAreRefusedBeyondALimit() throws IOException {
        try (RawHttp2 client = new RawHttp2(server.port())) {
            byte[] headers = RawHttp2.call("/etcdserverpb.Watch/Watch");
            int sent = client.sendUntilCut(
                    2_000_000, i -> client.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 2 * i + 1, headers));
            // each refusal is a reset, and many of those are an attack
            assertThat(sent).as("calls before the connection was cut").isLessThan(2_000_000);
        }
        try (RawHttp2 client = new RawHttp2(server.port())) {
            byte[] headers = RawHttp2.call("/etcdserverpb.Watch/Watch");
            client.sendUntilCut(10_000, i -> client.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 2 * i + 1, headers));
            othersAreServed();
            assertThat(client.isCut()).isFalse();
        }
    }

    /** A message of two megabytes of which half comes, on many connections: the first of them make room for others. */
    @Test
    void messagesThatDoNotEndDoNotTakeTheMemory() throws IOException {
        List<RawHttp2> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 60; i++) {
                RawHttp2 client = new RawHttp2(server.port());
                clients.add(client);
                client.sendUntilCut(1, once -> {
                    client.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, RawHttp2.call("/etcdserverpb.KV/Put"));
                    client.send(RawHttp2.DATA, 0, 1, 0, 0, 0x1f, 0, 0);
                    for (int frame = 0; frame < 55; frame++) {
                        client.send(RawHttp2.DATA, 0, 1, new byte[16 << 10]);
                    }
                });
            }
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                int open = 0;
                for (RawHttp2 client : clients) {
                    open += client.isCut() ? 0 : 1;
                }
                // an eighth of the heap
                assertThat(open).as("connections that are left").isLessThanOrEqualTo((8 << 20) / (55 * (16 << 10)));
            });
            assertThat(KVGrpc.newBlockingStub(other)
                            .put(PutRequest.newBuilder()
                                    .setKey(ByteString.copyFromUtf8("large"))
                                    .setValue(ByteString.copyFrom(new byte[1_400_000]))
                                    .build())
                            .hasHeader())
                    .isTrue();
        } finally {
            for (RawHttp2 client : clients) {
                client.close();
            }
        }
    }

    /** Headers that go on and on, in frames of some size and of none. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 16 << 10})
    void headersThatDoNotEndEndTheConnection(int frameBytes) throws IOException {
        try (RawHttp2 client = new RawHttp2(server.port())) {
            client.send(RawHttp2.HEADERS, 0, 1, RawHttp2.call("/etcdserverpb.KV/Put"));
            byte[] more = new byte[frameBytes];
            int sent = client.sendUntilCut(1_000_000, i -> client.send(RawHttp2.CONTINUATION, 0, 1, more));
            assertThat(sent).as("frames before the connection was cut").isLessThan(1_000_000);
        }
    }

    /** More than the limit, but whole. */
    @Test
    void headersThatAreTooLargeAreRefused() {
        ManagedChannel client = server.channel();
        Metadata large = new Metadata();
        large.put(Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(17_000));
        assertThatThrownBy(() -> KVGrpc.newBlockingStub(client)
                        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(large))
                        .put(PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("k"))
                                .build()))
                .isInstanceOf(StatusRuntimeException.class);
        client.shutdownNow();
    }
}
