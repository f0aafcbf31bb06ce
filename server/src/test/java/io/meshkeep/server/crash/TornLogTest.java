package io.meshkeep.server.crash;

import static io.meshkeep.server.crash.DataFiles.channel;
import static io.meshkeep.server.crash.DataFiles.content;
import static io.meshkeep.server.crash.DataFiles.put;
import static io.meshkeep.server.crash.History.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.meshkeep.proto.DefragmentRequest;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.MaintenanceGrpc;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the log may be like after a crash. A record at its end that is not wholly there is dropped if it was not
 * acknowledged; if it was, it is missed, and the server does not start. The same goes for what follows on damage.
 *
 * <p>A crash is made by hand: of a server that is at rest, the files are copied after every write. Any byte up to which
 * a write may have got can then be chosen, and whether the write had been acknowledged: that is noted in the file
 * {@code watermark}, after the log's sync.
 */
class TornLogTest {
    private static final int WRITES = 5;

    /** What a server at rest has on disk, and what it tells. */
    private record State(byte[] log, byte[] watermark, RangeResponse content) {}

    @TempDir
    private Path dir;

    private Path image;
    private String logName;
    private final List<State> states = new ArrayList<>();

    // ---- making the states

    /** @param recycled whether the log is written over an old one, whose records then follow the newest */
    private void write(boolean recycled) throws Exception {
        Path live = dir.resolve("live");
        try (MeshkeepServer server = DataFiles.open(live)) {
            ManagedChannel channel = channel(server);
            if (recycled) {
                recycle(channel);
            }
            logName = DataFiles.newestLog(live).getFileName().toString();
            states.add(state(live, channel));
            for (int i = 0; i < WRITES; i++) {
                write(channel, i);
                states.add(state(live, channel));
            }
            image = dir.resolve("image");
            DataFiles.copy(live, image);
            channel.shutdownNow();
        }
        boolean oldRecords = end(states.get(0), states.get(1)) < states.get(1).log.length;
        assertThat(oldRecords).as("there are old records after the newest").isEqualTo(recycled);
    }

    private static void write(ManagedChannel channel, int i) {
        KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
        switch (i) {
            case 0 -> kv.put(put("a", 100).build());
            case 1 ->
                kv.txn(TxnRequest.newBuilder()
                        .addSuccess(RequestOp.newBuilder().setRequestPut(put("b", 10)))
                        .addSuccess(RequestOp.newBuilder().setRequestPut(put("c", 40_000)))
                        .build());
            case 2 ->
                kv.deleteRange(DeleteRangeRequest.newBuilder()
                        .setKey(bytes("a"))
                        .setRangeEnd(bytes("c"))
                        .build());
            case 3 ->
                LeaseGrpc.newBlockingStub(channel)
                        .leaseGrant(LeaseGrantRequest.newBuilder()
                                .setID(7)
                                .setTTL(1000)
                                .build());
            default -> kv.put(put("d", 20).setLease(7).build());
        }
    }

    /** Has the log changed until old files are used again. */
    private static void recycle(ManagedChannel channel) {
        for (int i = 0; i < 6; i++) {
            for (int j = 0; j < 10; j++) {
                KVGrpc.newBlockingStub(channel).put(put("old" + j, 8000).build());
            }
            MaintenanceGrpc.newBlockingStub(channel).defragment(DefragmentRequest.getDefaultInstance());
        }
        KVGrpc.newBlockingStub(channel).put(put("young", 10).build());
    }

    private State state(Path live, ManagedChannel channel) throws IOException {
        return new State(
                Files.readAllBytes(live.resolve("store").resolve(logName)),
                Files.readAllBytes(live.resolve("watermark")),
                content(channel));
    }

    // ---- what a crash leaves

    /** The log when the write from one state to the next has got as far as a byte. */
    private static byte[] torn(State before, State after, int to) {
        byte[] log = Arrays.copyOf(before.log, Math.max(before.log.length, to));
        System.arraycopy(after.log, 0, log, 0, to);
        return log;
    }

    /** Where the write from one state to the next began. */
    private static int begin(State before, State after) {
        return Arrays.mismatch(before.log, after.log);
    }

    /** Where it ended. */
    private static int end(State before, State after) {
        int end = after.log.length;
        while (end <= before.log.length && before.log[end - 1] == after.log[end - 1]) {
            end--;
        }
        return end;
    }

    private Path crashed(byte[] log, byte[] watermark) throws IOException {
        Path data = Files.createTempDirectory(dir, "crashed").resolve("data");
        DataFiles.copy(image, data);
        Files.write(data.resolve("store").resolve(logName), log);
        Files.write(data.resolve("watermark"), watermark);
        return data;
    }

    /** The server starts with exactly this content, and goes on from there. */
    private static void assertHolds(Path data, RangeResponse expected) throws StartException {
        RangeResponse after;
        try (MeshkeepServer server = DataFiles.open(data)) {
            ManagedChannel channel = channel(server);
            assertThat(content(channel)).isEqualTo(expected);
            KVGrpc.newBlockingStub(channel).put(put("after", 10).build());
            after = content(channel);
            channel.shutdownNow();
        }
        assertThat(after.getHeader().getRevision())
                .isEqualTo(expected.getHeader().getRevision() + 1);
        try (MeshkeepServer server = DataFiles.open(data)) {
            ManagedChannel channel = channel(server);
            assertThat(content(channel)).isEqualTo(after);
            channel.shutdownNow();
        }
    }

    private static void assertRefused(Path data) {
        assertThatThrownBy(() -> DataFiles.open(data).close())
                .isInstanceOf(StartException.class)
                .hasMessageContaining("acknowledged writes are missing");
    }

    @ParameterizedTest(name = "in a recycled log: {0}")
    @ValueSource(booleans = {false, true})
    void aTornRecordIsDroppedIfItWasNotAcknowledgedAndMissedIfItWas(boolean recycled) throws Exception {
        write(recycled);
        for (int i = 1; i <= WRITES; i++) {
            State before = states.get(i - 1);
            State after = states.get(i);
            int begin = begin(before, after);
            int end = end(before, after);
            Set<Integer> ends = new TreeSet<>(List.of(begin, begin + 1, begin + 9, (begin + end) / 2, end - 1));
            for (int to : ends) {
                byte[] log = torn(before, after, to);
                assertHolds(crashed(log, before.watermark), before.content);
                assertRefused(crashed(log, after.watermark));
            }
            assertHolds(crashed(after.log, before.watermark), after.content);
        }
    }

    @ParameterizedTest(name = "in a recycled log: {0}")
    @ValueSource(booleans = {false, true})
    void damageWithinTheLogIsMissed(boolean recycled) throws Exception {
        write(recycled);
        State last = states.get(WRITES);
        for (int i = 1; i < WRITES; i++) {
            State before = states.get(i - 1);
            State after = states.get(i);
            int begin = begin(before, after);
            int end = end(before, after);
            // in the checksum, the length, the kind and the content of the record
            for (int at : List.of(begin, begin + 4, begin + 6, (begin + end) / 2)) {
                byte[] log = last.log.clone();
                log[at] ^= 0x10;
                assertRefused(crashed(log, last.watermark));
            }
            byte[] log = last.log.clone();
            log[end - 1] ^= 1;
            assertHolds(crashed(log, before.watermark), before.content);
        }
    }
}
