package io.meshkeep.server.abuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Attributes;
import io.grpc.ClientTransportFilter;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.ClusterGrpc;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.MaintenanceGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.server.crash.ServerProcess;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bodies that are no protobuf, or not the one expected: the call is refused, and nothing else takes notice. */
class MalformedRequestTest {
    private static final String UNMARSHALLING = "grpc: error unmarshalling request: ";

    @TempDir
    private static Path dir;

    private static ServerProcess server;

    private final AtomicInteger connections = new AtomicInteger();
    private ManagedChannel channel;

    @BeforeAll
    static void start() {
        server = ServerProcess.on(dir.resolve("data")).start();
    }

    @AfterAll
    static void stop() {
        assertThat(server.output()).as("what the server logged").noneMatch(line -> line.contains("\"error\""));
        assertThat(server.terminate()).isZero();
        server.close();
    }

    @BeforeEach
    void connect() {
        channel = server.channelBuilder()
                .addTransportFilter(new ClientTransportFilter() {
                    @Override
                    public Attributes transportReady(Attributes attributes) {
                        connections.incrementAndGet();
                        return attributes;
                    }
                })
                .build();
    }

    @AfterEach
    void theConnectionSurvived() {
        assertThat(KVGrpc.newBlockingStub(channel)
                        .put(PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("ok"))
                                .build())
                        .hasHeader())
                .isTrue();
        assertThat(connections).as("connections used").hasValue(1);
        channel.shutdownNow();
    }

    private static List<MethodDescriptor<?, ?>> methods(MethodType type) {
        return Stream.of(
                        KVGrpc.getServiceDescriptor(),
                        LeaseGrpc.getServiceDescriptor(),
                        WatchGrpc.getServiceDescriptor(),
                        ClusterGrpc.getServiceDescriptor(),
                        MaintenanceGrpc.getServiceDescriptor())
                .<MethodDescriptor<?, ?>>flatMap(service -> service.getMethods().stream())
                .filter(method -> method.getType() == type)
                .toList();
    }

    /** Bodies that no message can be read from, whatever its type. */
    private static List<byte[]> unreadable() {
        return List.of(
                new byte[] {0x08},
                new byte[] {0x0a, 0x05, 'a'},
                new byte[] {0x0a, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x07},
                new byte[] {0x00, 0x01},
                new byte[] {0x0f},
                new byte[] {0x0c},
                filled(10, (byte) 0xff),
                filled(1 << 20, (byte) 0xff));
    }

    private static byte[] filled(int length, byte value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, value);
        return bytes;
    }

    private StatusRuntimeException refusal(MethodDescriptor<?, ?> method, byte[] body) {
        StatusRuntimeException refusal =
                catchThrowableOfType(StatusRuntimeException.class, () -> RawCalls.call(channel, method, body));
        assertThat(refusal).as("%s", method.getFullMethodName()).isNotNull();
        return refusal;
    }

    private static void assertUnreadable(MethodDescriptor<?, ?> method, Status status) {
        assertThat(status.getCode())
                .as("%s: %s", method.getFullMethodName(), status)
                .isIn(Status.Code.INTERNAL, Status.Code.UNIMPLEMENTED);
        assertThat(status.getDescription())
                .as(method.getFullMethodName())
                .startsWith(status.getCode() == Status.Code.INTERNAL ? UNMARSHALLING : "meshkeep does not have");
    }

    @Test
    void aBodyThatCannotBeReadEndsItsCallAlone() {
        for (MethodDescriptor<?, ?> method : methods(MethodType.UNARY)) {
            for (byte[] body : unreadable()) {
                assertUnreadable(method, refusal(method, body).getStatus());
            }
        }
        assertThat(refusal(KVGrpc.getPutMethod(), new byte[] {0x08}).getStatus().getCode())
                .isEqualTo(Status.Code.INTERNAL);
    }

    @Test
    void aBodyThatCannotBeReadEndsItsStreamAlone() throws InterruptedException {
        RawStream other = new RawStream(channel, WatchGrpc.getWatchMethod());
        other.send(create("watched", 1));
        assertThat(other.next()).isInstanceOf(byte[].class);
        for (MethodDescriptor<?, ?> method : List.of(WatchGrpc.getWatchMethod(), LeaseGrpc.getLeaseKeepAliveMethod())) {
            for (byte[] body : unreadable()) {
                RawStream stream = new RawStream(channel, method);
                stream.send(body);
                assertThat(stream.next())
                        .isInstanceOfSatisfying(Status.class, status -> assertUnreadable(method, status));
            }
        }
        KVGrpc.newBlockingStub(channel)
                .put(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("watched"))
                        .build());
        assertThat(other.next()).isInstanceOf(byte[].class);
        other.cancel();
    }

    @Test
    void transactionsWithinTransactionsEndSomewhere() {
        byte[] nested = new byte[0];
        for (int i = 0; i < 20_000; i++) {
            nested = field(2, field(4, nested));
        }
        assertThat(TxnRequest.getDescriptor().findFieldByName("success").getNumber())
                .isEqualTo(2);
        assertThat(RequestOp.getDescriptor().findFieldByName("request_txn").getNumber())
                .isEqualTo(4);
        assertUnreadable(
                KVGrpc.getTxnMethod(), refusal(KVGrpc.getTxnMethod(), nested).getStatus());
    }

    /** A field of bytes. */
    private static byte[] field(int number, byte[] content) {
        ByteString.Output out = ByteString.newOutput(content.length + 10);
        out.write(number << 3 | 2);
        int length = content.length;
        while (length > 0x7f) {
            out.write(length & 0x7f | 0x80);
            length >>>= 7;
        }
        out.write(length);
        out.write(content, 0, content.length);
        return out.toByteString().toByteArray();
    }

    // ---- requests that were changed on their way

    private static final ByteString KEY = ByteString.copyFromUtf8("key");

    private static final PutRequest PUT = PutRequest.newBuilder()
            .setKey(KEY)
            .setValue(ByteString.copyFromUtf8("value"))
            .setLease(12)
            .setPrevKv(true)
            .build();

    private static final RangeRequest RANGE = RangeRequest.newBuilder()
            .setKey(KEY)
            .setRangeEnd(ByteString.copyFromUtf8("z"))
            .setLimit(7)
            .setRevision(3)
            .setSortTarget(RangeRequest.SortTarget.VALUE)
            .setSortOrder(RangeRequest.SortOrder.DESCEND)
            .setMinModRevision(1)
            .build();

    private static final DeleteRangeRequest DELETE = DeleteRangeRequest.newBuilder()
            .setKey(KEY)
            .setRangeEnd(ByteString.copyFromUtf8("z"))
            .setPrevKv(true)
            .build();

    private static final TxnRequest TXN = TxnRequest.newBuilder()
            .addCompare(Compare.newBuilder()
                    .setKey(KEY)
                    .setTarget(Compare.CompareTarget.VERSION)
                    .setVersion(1))
            .addSuccess(RequestOp.newBuilder().setRequestPut(PUT))
            .addFailure(RequestOp.newBuilder().setRequestRange(RANGE))
            .addFailure(RequestOp.newBuilder()
                    .setRequestTxn(TxnRequest.newBuilder()
                            .addSuccess(RequestOp.newBuilder().setRequestDeleteRange(DELETE))))
            .build();

    private static final List<Call> VALID = List.of(
            new Call(KVGrpc.getPutMethod(), PUT.toByteArray()),
            new Call(KVGrpc.getRangeMethod(), RANGE.toByteArray()),
            new Call(KVGrpc.getDeleteRangeMethod(), DELETE.toByteArray()),
            new Call(KVGrpc.getTxnMethod(), TXN.toByteArray()),
            new Call(
                    KVGrpc.getCompactMethod(),
                    CompactionRequest.newBuilder().setRevision(3).build().toByteArray()),
            new Call(
                    LeaseGrpc.getLeaseGrantMethod(),
                    LeaseGrantRequest.newBuilder().setID(12).setTTL(100).build().toByteArray()),
            new Call(LeaseGrpc.getLeaseRevokeMethod(), new byte[] {0x08, 0x0c}),
            new Call(LeaseGrpc.getLeaseTimeToLiveMethod(), new byte[] {0x08, 0x0c, 0x10, 0x01}));

    private record Call(MethodDescriptor<?, ?> method, byte[] body) {}

    /** What etcd may answer to a request that can be read. */
    private static final Set<Status.Code> PLAIN = Set.of(
            Status.Code.INVALID_ARGUMENT,
            Status.Code.NOT_FOUND,
            Status.Code.OUT_OF_RANGE,
            Status.Code.FAILED_PRECONDITION);

    @Test
    void aChangedRequestIsAnsweredOrRefused() throws InterruptedException {
        long seed = Long.getLong("meshkeep.abuse.seed", System.nanoTime());
        Random random = new Random(seed);
        int read = 0;
        int unread = 0;
        for (int i = 0; i < 4000; i++) {
            Call call = VALID.get(random.nextInt(VALID.size()));
            byte[] body = changed(random, call.body);
            String what = "seed " + seed + ": " + call.method.getFullMethodName() + " " + Arrays.toString(body);
            try {
                RawCalls.call(channel, call.method, body);
                read++;
            } catch (StatusRuntimeException e) {
                if (PLAIN.contains(e.getStatus().getCode())) {
                    read++;
                } else {
                    assertThat(e.getStatus().getCode()).as(what).isEqualTo(Status.Code.INTERNAL);
                    assertThat(e.getStatus().getDescription()).as(what).startsWith(UNMARSHALLING);
                    unread++;
                }
            }
        }
        assertThat(read).isGreaterThan(500);
        assertThat(unread).isGreaterThan(500);
    }

    @Test
    void aChangedWatchIsAnsweredOrRefused() throws InterruptedException {
        long seed = Long.getLong("meshkeep.abuse.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            RawStream stream = new RawStream(channel, WatchGrpc.getWatchMethod());
            byte[] body = changed(random, create("key", 1));
            stream.send(body);
            stream.send(create("other", 777));
            // either the stream is ended, or at least the second request is answered
            assertThat(stream.next())
                    .as("seed %d: %s", seed, Arrays.toString(body))
                    .isNotNull();
            stream.cancel();
        }
    }

    private static byte[] create(String key, long id) {
        return WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setWatchId(id)
                        .setPrevKv(true))
                .build()
                .toByteArray();
    }

    private static byte[] changed(Random random, byte[] body) {
        byte[] changed = body.clone();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            int at = changed.length == 0 ? 0 : random.nextInt(changed.length);
            switch (random.nextInt(4)) {
                case 0 -> changed = Arrays.copyOf(changed, at);
                case 1 -> {
                    byte[] longer = Arrays.copyOf(changed, changed.length + 1);
                    System.arraycopy(changed, at, longer, at + 1, changed.length - at);
                    longer[at] = (byte) random.nextInt(256);
                    changed = longer;
                }
                default -> {
                    if (changed.length > 0) {
                        changed[at] ^= (byte) (1 << random.nextInt(8));
                    }
                }
            }
        }
        return changed;
    }
}
