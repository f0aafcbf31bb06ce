package io.meshkeep.server.direct;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.PutResponse;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.proto.WatchResponse;
import io.meshkeep.server.MeshkeepServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Answers that bypass the flow controller must keep to the windows all the same: gRPC's client ends a connection on which
 * more comes than it allowed.
 */
class DirectCallsTest {
    private static final int KEYS = 100;
    private static final int CALLS = 500;

    @TempDir
    private static Path dir;

    private static MeshkeepServer server;

    @BeforeAll
    static void start() throws Exception {
        server = MeshkeepServer.builder()
                .dataDir(dir)
                .listen("127.0.0.1", 0)
                .build()
                .start();
        try (Client client = new Client(1 << 20)) {
            for (int i = 0; i < KEYS; i++) {
                client.put("window/" + i, value(i));
            }
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    /** Of many sizes from nothing on, a few of them near a frame's and beyond it. */
    private static ByteString value(int i) {
        return ByteString.copyFrom(new byte[i < KEYS - 3 ? 10 * i : 16_300 + 50 * (i - (KEYS - 3))]);
    }

    /** One connection. */
    private static final class Client implements AutoCloseable {
        final ManagedChannel channel;

        Client(int window) {
            channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .usePlaintext()
                    .flowControlWindow(window)
                    .build();
        }

        PutResponse put(String key, ByteString value) {
            return KVGrpc.newBlockingStub(channel).put(request(key, value));
        }

        static PutRequest request(String key, ByteString value) {
            return PutRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8(key))
                    .setValue(value)
                    .build();
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 1000, 65_535, 1_000_000})
    void answersKeepToTheWindowsOfTheClient(int window) throws Exception {
        try (Client client = new Client(window)) {
            List<ListenableFuture<RangeResponse>> answers = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                answers.add(KVGrpc.newFutureStub(client.channel)
                        .range(RangeRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("window/" + i % KEYS))
                                .build()));
            }
            for (int i = 0; i < CALLS; i++) {
                RangeResponse answer = answers.get(i).get(60, TimeUnit.SECONDS);
                assertThat(answer.getKvs(0).getValue()).isEqualTo(value(i % KEYS));
            }
        }
    }

    /** The watch's stream is gRPC's, the puts and the keepalives are not; all share the connection's window. */
    @Test
    void directCallsAndOthersShareAConnection() throws Exception {
        try (Client client = new Client(100)) {
            BlockingQueue<Object> events = new LinkedBlockingQueue<>();
            StreamObserver<WatchRequest> watch = WatchGrpc.newStub(client.channel)
                    .watch(new Receiver<WatchResponse>() {
                        @Override
                        public void onNext(WatchResponse response) {
                            if (response.getCreated()) {
                                events.add("created");
                            }
                            events.addAll(response.getEventsList());
                        }
                    });
            watch.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("shared/"))
                            .setRangeEnd(ByteString.copyFromUtf8("shared0")))
                    .build());
            assertThat(events.poll(60, TimeUnit.SECONDS)).isEqualTo("created");
            long lease = LeaseGrpc.newBlockingStub(client.channel)
                    .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(600).build())
                    .getID();
            BlockingQueue<Long> renewals = new LinkedBlockingQueue<>();
            StreamObserver<LeaseKeepAliveRequest> renewing = LeaseGrpc.newStub(client.channel)
                    .leaseKeepAlive(new Receiver<LeaseKeepAliveResponse>() {
                        @Override
                        public void onNext(LeaseKeepAliveResponse response) {
                            renewals.add(response.getTTL());
                        }
                    });
            List<ListenableFuture<PutResponse>> puts = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                puts.add(KVGrpc.newFutureStub(client.channel).put(Client.request("shared/" + i, value(i % KEYS))));
                renewing.onNext(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
            }
            for (int i = 0; i < CALLS; i++) {
                assertThat(puts.get(i).get(60, TimeUnit.SECONDS).hasHeader()).isTrue();
                assertThat(renewals.poll(60, TimeUnit.SECONDS)).isEqualTo(600);
                assertThat(events.poll(60, TimeUnit.SECONDS))
                        .isInstanceOfSatisfying(
                                Event.class,
                                event -> assertThat(event.getKv().getKey().toStringUtf8())
                                        .startsWith("shared/"));
            }
        }
    }

    /** The end of a stream is not what is looked at here. */
    private abstract static class Receiver<T> implements StreamObserver<T> {
        @Override
        public void onError(Throwable t) {}

        @Override
        public void onCompleted() {}
    }
}
