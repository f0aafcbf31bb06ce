package io.meshkeep.server.abuse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.proto.WatchResponse;
import io.meshkeep.server.crash.ServerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that ask for much and never read: a small server bears them, and goes on serving those who read. */
class UnreadAnswersTest {
    private static final int MEGABYTE = 1 << 20;

    /** All of the memory that messages can take, in the heap and beside it, is twice this; the rest is RocksDB's. */
    private static final int HEAP_MEGABYTES = 96;

    @TempDir
    private Path dir;

    private ServerProcess server;
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final List<ClientCall<?, ?>> calls = new ArrayList<>();

    @BeforeEach
    void start() {
        server = ServerProcess.on(dir.resolve("data"))
                .jvm("-Xmx" + HEAP_MEGABYTES + "m", "-Dio.netty.leakDetection.level=paranoid")
                .flags("--unsafe-no-fsync")
                .start();
    }

    @AfterEach
    void stop() {
        calls.forEach(call -> call.cancel("enough", null));
        channels.forEach(ManagedChannel::shutdownNow);
        assertThat(server.output())
                .as("what the server logged")
                .noneMatch(line -> line.contains("OutOfMemory") || line.contains("LEAK"));
        assertThat(server.peakResidentBytes()).isLessThan(600L * MEGABYTE);
        assertThat(server.terminate()).isZero();
        server.close();
    }

    private ManagedChannel channel() {
        ManagedChannel channel = server.channel();
        channels.add(channel);
        return channel;
    }

    private static ByteString key(int number) {
        return ByteString.copyFromUtf8(String.format("big/%04d", number));
    }

    private static PutRequest put(int number) {
        byte[] value = new byte[MEGABYTE];
        value[number % MEGABYTE] = 1;
        return PutRequest.newBuilder()
                .setKey(key(number))
                .setValue(ByteString.copyFrom(value))
                .build();
    }

    private static final ByteString ALL_BIG = ByteString.copyFromUtf8("big0");

    /** Sends a request and takes nothing of the answer, beyond what fits into the windows and buffers in between. */
    private <Q, R> void askAndNeverRead(
            ManagedChannel channel, MethodDescriptor<Q, R> method, Q request, boolean last) {
        ClientCall<Q, R> call = channel.newCall(method, CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.sendMessage(request);
        if (last) {
            call.halfClose();
        }
        calls.add(call);
    }

    private static RangeRequest range(int limit) {
        return RangeRequest.newBuilder()
                .setKey(key(0))
                .setRangeEnd(ALL_BIG)
                .setLimit(limit)
                .build();
    }

    @Test
    void rangesThatAreNotReadDoNotStarveThoseThatAre() throws InterruptedException {
        ManagedChannel reader = channel();
        KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(reader);
        for (int i = 0; i < 8; i++) {
            kv.put(put(i));
        }
        for (int i = 0; i < 12; i++) {
            ManagedChannel never = channel();
            for (int j = 0; j < 2; j++) {
                askAndNeverRead(never, KVGrpc.getRangeMethod(), range(8), true);
            }
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        boolean served = false;
        while (!served) {
            assertThat(System.nanoTime() - end)
                    .as(() -> "not served in time; the server says " + server.output())
                    .isNegative();
            // what is small is served at once, whatever else waits
            assertThat(kv.withDeadlineAfter(10, TimeUnit.SECONDS)
                            .range(RangeRequest.newBuilder()
                                    .setKey(ByteString.copyFromUtf8("small"))
                                    .build())
                            .getCount())
                    .isZero();
            try {
                assertThat(kv.range(range(8)).getKvsCount()).isEqualTo(8);
                served = true;
            } catch (StatusRuntimeException e) {
                assertThat(e.getStatus().getDescription()).isEqualTo("etcdserver: too many requests");
            }
        }
    }

    @Test
    void watchesThatAreNotReadDoNotStarveThoseThatAre() throws InterruptedException {
        int events = 20;
        WatchRequest create = WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(key(0)).setRangeEnd(ALL_BIG))
                .build();
        RawStream reader = new RawStream(channel(), WatchGrpc.getWatchMethod());
        reader.send(create.toByteArray());
        assertThat(reader.next()).isInstanceOf(byte[].class);
        for (int i = 0; i < 15; i++) {
            ManagedChannel never = channel();
            for (int j = 0; j < 10; j++) {
                askAndNeverRead(never, WatchGrpc.getWatchMethod(), create, false);
            }
        }
        KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel());
        for (int i = 0; i < events; i++) {
            kv.withDeadlineAfter(20, TimeUnit.SECONDS).put(put(i));
        }
        List<ByteString> seen = new ArrayList<>();
        while (seen.size() < events) {
            Object next = reader.next();
            assertThat(next)
                    .as(() -> "after " + seen.size() + " events; the server says " + server.output())
                    .isInstanceOf(byte[].class);
            WatchResponse response = parse((byte[]) next);
            for (Event event : response.getEventsList()) {
                assertThat(event.getKv().getValue().size()).isEqualTo(MEGABYTE);
                seen.add(event.getKv().getKey());
            }
        }
        for (int i = 0; i < events; i++) {
            assertThat(seen.get(i)).isEqualTo(key(i));
        }
    }

    private static WatchResponse parse(byte[] bytes) {
        try {
            return WatchResponse.parseFrom(bytes);
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }
}
