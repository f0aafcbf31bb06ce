package io.meshkeep.server.crash;

import static io.meshkeep.server.crash.DataFiles.put;
import static io.meshkeep.server.crash.History.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.AlarmMember;
import io.meshkeep.proto.AlarmRequest;
import io.meshkeep.proto.AlarmRequest.AlarmAction;
import io.meshkeep.proto.AlarmType;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.DefragmentRequest;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.proto.MaintenanceGrpc;
import io.meshkeep.proto.PutResponse;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.StatusRequest;
import io.meshkeep.proto.TxnRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens when there is no room left: etcd's NOSPACE alarm while there is a choice, and an end when there is none. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FullDiskTest {
    private static final int VALUE_BYTES = 64 << 10;

    @TempDir
    private Path dir;

    /** A client of a server, and what the server has acknowledged to it. */
    private static final class Client implements AutoCloseable {
        final ManagedChannel channel;
        final KVGrpc.KVBlockingStub kv;
        final LeaseGrpc.LeaseBlockingStub lease;
        final MaintenanceGrpc.MaintenanceBlockingStub maintenance;
        /** The revision of each acknowledged put. */
        final Map<String, Long> acknowledged;

        Client(ServerProcess server, Map<String, Long> acknowledged) {
            channel = server.channel();
            kv = KVGrpc.newBlockingStub(channel);
            lease = LeaseGrpc.newBlockingStub(channel);
            maintenance = MaintenanceGrpc.newBlockingStub(channel);
            this.acknowledged = acknowledged;
        }

        void put(String key, int size) {
            PutResponse answer = kv.withDeadlineAfter(60, TimeUnit.SECONDS)
                    .put(DataFiles.put(key, size).build());
            acknowledged.put(key, answer.getHeader().getRevision());
        }

        /** Puts one new key after the other until it is refused; returns the refusal. */
        StatusRuntimeException fill() {
            while (true) {
                try {
                    put(String.format("key%08d", acknowledged.size()), VALUE_BYTES);
                } catch (StatusRuntimeException e) {
                    return e;
                }
            }
        }

        /** The revision of each key that is there; a put without an answer may be among them. */
        Map<String, Long> present() {
            Map<String, Long> present = new TreeMap<>();
            for (KeyValue pair : kv.range(all().setKeysOnly(true).build()).getKvsList()) {
                present.put(pair.getKey().toStringUtf8(), pair.getModRevision());
            }
            return present;
        }

        static RangeRequest.Builder all() {
            return RangeRequest.newBuilder().setKey(bytes("\0")).setRangeEnd(bytes("\0"));
        }

        void checkNothingIsLost() {
            assertThat(present()).containsAllEntriesOf(acknowledged);
            for (String key : List.of(new TreeMap<>(acknowledged).firstKey(), new TreeMap<>(acknowledged).lastKey())) {
                assertThat(kv.range(RangeRequest.newBuilder().setKey(bytes(key)).build())
                                .getKvs(0)
                                .getValue()
                                .size())
                        .isEqualTo(VALUE_BYTES);
            }
        }

        List<AlarmMember> alarms() {
            return maintenance
                    .alarm(AlarmRequest.newBuilder().setAction(AlarmAction.GET).build())
                    .getAlarmsList();
        }

        /** As {@code etcdctl alarm disarm} does it. */
        void disarm() {
            for (AlarmMember alarm : alarms()) {
                maintenance.alarm(AlarmRequest.newBuilder()
                        .setAction(AlarmAction.DEACTIVATE)
                        .setMemberID(alarm.getMemberID())
                        .setAlarm(alarm.getAlarm())
                        .build());
            }
        }

        /** Deletes everything and its history, and gives the space back. */
        void clear() {
            acknowledged.clear();
            long revision = kv.deleteRange(DeleteRangeRequest.newBuilder()
                            .setKey(bytes("\0"))
                            .setRangeEnd(bytes("\0"))
                            .build())
                    .getHeader()
                    .getRevision();
            kv.compact(CompactionRequest.newBuilder()
                    .setRevision(revision)
                    .setPhysical(true)
                    .build());
            maintenance.defragment(DefragmentRequest.getDefaultInstance());
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }

    private static void assertNoSpace(ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessage("RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded");
    }

    /** What etcd does while the alarm is on: what needs space is refused, and all else works. */
    private static void checkWorksWithoutSpace(Client client) {
        assertThat(client.alarms())
                .singleElement()
                .satisfies(alarm -> assertThat(alarm.getAlarm()).isEqualTo(AlarmType.NOSPACE));
        assertThat(client.maintenance.status(StatusRequest.getDefaultInstance()).getErrorsList())
                .singleElement()
                .asString()
                .contains("NOSPACE");
        assertNoSpace(() -> client.kv.put(put("more", 1).build()));
        assertNoSpace(() -> client.lease.leaseGrant(
                LeaseGrantRequest.newBuilder().setTTL(100).build()));
        assertNoSpace(() -> client.kv.txn(TxnRequest.newBuilder()
                .addFailure(RequestOp.newBuilder().setRequestPut(put("more", 1)))
                .build()));
        client.checkNothingIsLost();
        String last = new TreeMap<>(client.acknowledged).lastKey();
        client.acknowledged.remove(last);
        assertThat(client.kv
                        .deleteRange(DeleteRangeRequest.newBuilder()
                                .setKey(bytes(last))
                                .build())
                        .getDeleted())
                .isEqualTo(1);
        client.lease.leaseRevoke(LeaseRevokeRequest.newBuilder().setID(1).build());
        long revision = client.kv
                .range(Client.all().setCountOnly(true).build())
                .getHeader()
                .getRevision();
        client.kv.compact(CompactionRequest.newBuilder().setRevision(revision).build());
        client.checkNothingIsLost();
    }

    /** The cure, as etcd's documentation has it. */
    private static void checkCanBeCured(Client client) {
        client.clear();
        client.disarm();
        assertThat(client.alarms()).isEmpty();
        client.put("cured", VALUE_BYTES);
        client.checkNothingIsLost();
    }

    @Test
    void theQuotaIsReached() {
        Path data = dir.resolve("data");
        Map<String, Long> acknowledged = new TreeMap<>();
        ServerProcess.Builder configured = ServerProcess.on(data).flags("--quota-backend-bytes", "16777216");
        try (ServerProcess server = configured.start();
                Client client = new Client(server, acknowledged)) {
            client.lease.leaseGrant(
                    LeaseGrantRequest.newBuilder().setID(1).setTTL(1000).build());
            assertNoSpace(() -> {
                throw client.fill();
            });
            assertThat((long) acknowledged.size() * VALUE_BYTES).isBetween(12L << 20, 16L << 20);
            checkWorksWithoutSpace(client);
            // Without a cure the alarm comes back.
            client.disarm();
            assertNoSpace(() -> {
                throw client.fill();
            });
            assertThat(client.alarms()).hasSize(1);
            server.kill();
        }
        try (ServerProcess server = configured.start();
                Client client = new Client(server, acknowledged)) {
            assertThat(client.alarms()).as("the alarm after a restart").hasSize(1);
            client.checkNothingIsLost();
            checkCanBeCured(client);
            assertThat(server.terminate()).isZero();
        }
    }

    @Test
    void theDiskFillsUp() throws Exception {
        try (Tmpfs disk = Tmpfs.mount(dir.resolve("disk"), 160)) {
            Map<String, Long> acknowledged = new TreeMap<>();
            ServerProcess.Builder configured = ServerProcess.on(disk.directory().resolve("data"));
            try (ServerProcess server = configured.start();
                    Client client = new Client(server, acknowledged)) {
                client.lease.leaseGrant(
                        LeaseGrantRequest.newBuilder().setID(1).setTTL(1000).build());
                assertNoSpace(() -> {
                    throw client.fill();
                });
                assertThat(acknowledged)
                        .as("keys of 64 KiB on a disk of 160 MiB")
                        .hasSizeGreaterThan(500);
                checkWorksWithoutSpace(client);
                server.kill();
            }
            Path filler = disk.directory().resolve("filler");
            try (ServerProcess server = configured.start();
                    Client client = new Client(server, acknowledged)) {
                client.checkNothingIsLost();
                fill(filler);
                useWhatIsFull(client);
                if (!server.isAlive()) {
                    assertThat(server.waitForExit()).isEqualTo(1);
                    assertThat(server.output()).last().asString().startsWith("meshkeep: ");
                }
                server.kill();
            }
            Files.delete(filler);
            try (ServerProcess server = configured.start();
                    Client client = new Client(server, acknowledged)) {
                client.checkNothingIsLost();
                checkCanBeCured(client);
                assertThat(server.terminate()).isZero();
            }
        }
    }

    /** Takes what is left of a disk. */
    private static void fill(Path file) throws IOException {
        byte[] block = new byte[64 << 10];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            if (!e.getMessage().contains("No space left")) {
                throw e;
            }
        }
    }

    /** Does all that may write, on a disk without a free byte. Each call is answered or refused, none is left hanging. */
    private static void useWhatIsFull(Client client) {
        attempt(() -> client.maintenance
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .defragment(DefragmentRequest.getDefaultInstance()));
        for (int i = 0; i < 100; i++) {
            String key = new TreeMap<>(client.acknowledged).lastKey();
            // After a delete without an answer the key may or may not be there.
            long revision = client.acknowledged.remove(key);
            assertThat(revision).isPositive();
            attempt(() -> client.kv
                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                    .deleteRange(
                            DeleteRangeRequest.newBuilder().setKey(bytes(key)).build()));
        }
        attempt(() -> client.put("new", VALUE_BYTES));
    }

    private static void attempt(Runnable call) {
        try {
            call.run();
        } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode())
                    .as("%s", e)
                    .isIn(Status.Code.UNAVAILABLE, Status.Code.RESOURCE_EXHAUSTED);
        }
    }

    /** A write that fails without a warning: here the file may not grow, elsewhere it is the disk that fails. */
    @Test
    void aWriteFails() {
        Path data = dir.resolve("data");
        Map<String, Long> acknowledged = new TreeMap<>();
        try (ServerProcess server = ServerProcess.on(data)
                        .under("sh", "-c", "ulimit -f 16384; exec \"$@\"", "sh")
                        .start();
                Client client = new Client(server, acknowledged)) {
            StatusRuntimeException refusal = client.fill();
            assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            await().atMost(Duration.ofSeconds(30)).until(() -> !server.isAlive());
            assertThat(server.waitForExit()).isEqualTo(1);
            assertThat(server.output())
                    .anySatisfy(line -> assertThat(line)
                            .contains("cannot write to the store in " + data)
                            .contains("File too large"));
            assertThat(server.output()).last().asString().startsWith("meshkeep: ");
        }
        assertThat(acknowledged).hasSizeGreaterThan(50);
        try (ServerProcess server = ServerProcess.on(data).start();
                Client client = new Client(server, acknowledged)) {
            client.checkNothingIsLost();
            client.put("after", 10);
            assertThat(server.terminate()).isZero();
        }
    }
}
