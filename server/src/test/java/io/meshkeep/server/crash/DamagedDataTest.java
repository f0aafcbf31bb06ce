package io.meshkeep.server.crash;

import static io.meshkeep.server.crash.DataFiles.channel;
import static io.meshkeep.server.crash.DataFiles.content;
import static io.meshkeep.server.crash.DataFiles.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.meshkeep.proto.DefragmentRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.MaintenanceGrpc;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data that has been damaged behind the server's back: it says so, and does not start with what is left. */
class DamagedDataTest {
    private static final String MISSING = "acknowledged writes are missing";

    @TempDir
    private Path dir;

    private Path data;

    /** The data of a server that was killed, with so many bytes in keys of one megabyte. */
    private void killed(int megabytes, boolean inFiles) throws Exception {
        Path live = dir.resolve("live");
        data = dir.resolve("data");
        try (MeshkeepServer server = DataFiles.open(live)) {
            ManagedChannel channel = channel(server);
            fill(KVGrpc.newBlockingStub(channel), megabytes);
            if (inFiles) {
                MaintenanceGrpc.newBlockingStub(channel).defragment(DefragmentRequest.getDefaultInstance());
            }
            KVGrpc.newBlockingStub(channel).put(put("last", 10).build());
            DataFiles.copy(live, data);
            channel.shutdownNow();
        }
    }

    private static void fill(KVGrpc.KVBlockingStub kv, int megabytes) {
        for (int i = 0; i < 10; i++) {
            kv.put(put("small" + i, 100).build());
        }
        for (int i = 0; i < megabytes; i++) {
            kv.put(put("large" + i, 1 << 20).build());
        }
    }

    /**
     * The data of a server that was killed when it had begun its second log, and what is in the first one was not in files
     * yet. So long takes a flush alone, so this is put together: a log is left as it is until its file is used again, and
     * what the store knows of its files is what it knew before.
     *
     * @return what was in it
     */
    private RangeResponse killedWithTwoLogs() throws Exception {
        Path live = dir.resolve("live");
        Path before = dir.resolve("before");
        data = dir.resolve("data");
        RangeResponse content;
        try (MeshkeepServer server = DataFiles.open(live)) {
            ManagedChannel channel = channel(server);
            DataFiles.copy(live, before);
            fill(KVGrpc.newBlockingStub(channel), 20);
            content = content(channel);
            DataFiles.copy(live, data);
            channel.shutdownNow();
        }
        for (Path file : DataFiles.stored(data, ".sst")) {
            Files.delete(file);
        }
        for (Path manifest : DataFiles.stored(before, "")) {
            if (manifest.getFileName().toString().startsWith("MANIFEST-")) {
                Files.copy(
                        manifest,
                        data.resolve("store").resolve(manifest.getFileName()),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
        assertThat(DataFiles.logs(data)).hasSize(2);
        return content;
    }

    private void assertHolds(RangeResponse content) throws Exception {
        try (MeshkeepServer server = DataFiles.open(data)) {
            ManagedChannel channel = channel(server);
            assertThat(content(channel)).isEqualTo(content);
            channel.shutdownNow();
        }
    }

    /** The server does not start, and when it is tried again it does not start either. */
    private AbstractThrowableAssert<?, ?> assertRefused() {
        assertThatThrownBy(() -> DataFiles.open(data).close()).isInstanceOf(StartException.class);
        return assertThatThrownBy(() -> DataFiles.open(data).close())
                .isInstanceOf(StartException.class)
                .hasMessageNotContaining("\n");
    }

    private static void flip(Path file, double part) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) (bytes.length * part)] ^= 4;
        Files.write(file, bytes);
    }

    // ---- the log

    @Test
    void theOnlyLogIsGone() throws Exception {
        killed(0, false);
        List<Path> logs = DataFiles.logs(data);
        assertThat(logs).hasSize(1);
        Files.delete(logs.get(0));
        assertRefused();
    }

    @Test
    void theOnlyLogIsEmpty() throws Exception {
        killed(0, false);
        Files.write(DataFiles.newestLog(data), new byte[0]);
        assertRefused().hasMessageContaining(MISSING);
    }

    @Test
    void theOnlyLogIsDamagedAtItsBegin() throws Exception {
        killed(0, false);
        flip(DataFiles.newestLog(data), 0);
        assertRefused().hasMessageContaining(MISSING);
    }

    @Test
    void theStoreIsGone() throws Exception {
        killed(0, false);
        for (Path file : DataFiles.stored(data, "")) {
            Files.delete(file);
        }
        Files.delete(data.resolve("store"));
        assertRefused().hasMessageContaining(MISSING);
    }

    @Test
    void theNewestLogIsGone() throws Exception {
        killed(0, true);
        Files.delete(DataFiles.newestLog(data));
        assertRefused();
    }

    @Test
    void twoLogsAreRead() throws Exception {
        RangeResponse content = killedWithTwoLogs();
        assertHolds(content);
    }

    @Test
    void anOlderLogIsGone() throws Exception {
        killedWithTwoLogs();
        Files.delete(DataFiles.logs(data).get(0));
        assertRefused();
    }

    @Test
    void anOlderLogIsCutShort() throws Exception {
        killedWithTwoLogs();
        Path oldest = DataFiles.logs(data).get(0);
        byte[] bytes = Files.readAllBytes(oldest);
        Files.write(oldest, Arrays.copyOf(bytes, bytes.length - 100));
        assertRefused();
    }

    @Test
    void anOlderLogIsDamaged() throws Exception {
        killedWithTwoLogs();
        flip(DataFiles.logs(data).get(0), 0.5);
        assertRefused();
    }

    /**
     * What it held is in files by now; it is only kept to be written over. There is less than fills a log: the flush of a
     * full one goes on beside the puts, and how many logs there are would depend on when it ends.
     */
    @Test
    void aLogThatIsDoneWithMayBeGone() throws Exception {
        killed(10, true);
        List<Path> logs = DataFiles.logs(data);
        assertThat(logs).hasSize(2);
        RangeResponse content;
        try (MeshkeepServer server = DataFiles.open(dir.resolve("live"))) {
            ManagedChannel channel = channel(server);
            content = content(channel);
            channel.shutdownNow();
        }
        Files.delete(logs.get(0));
        assertHolds(content);
    }

    @Test
    void whoDeletesTheWatermarkGetsWhatIsThere() throws Exception {
        killed(0, false);
        Path log = DataFiles.newestLog(data);
        byte[] bytes = Files.readAllBytes(log);
        Files.write(log, Arrays.copyOf(bytes, bytes.length - 1));
        assertRefused()
                .hasMessageContaining(MISSING)
                .hasMessageContaining(data.resolve("watermark").toString());
        Files.delete(data.resolve("watermark"));
        try (MeshkeepServer server = DataFiles.open(data)) {
            ManagedChannel channel = channel(server);
            assertThat(content(channel).getKvsList())
                    .extracting(pair -> pair.getKey().toStringUtf8())
                    .contains("small0", "small9")
                    .doesNotContain("last");
            channel.shutdownNow();
        }
    }

    // ---- the files

    @Test
    void aTableIsGone() throws Exception {
        killed(20, true);
        List<Path> tables = DataFiles.stored(data, ".sst");
        Files.delete(tables.get(0));
        assertRefused();
    }

    @Test
    void theTableOfTheKeysIsDamaged() throws Exception {
        killed(8, true);
        Path largest = null;
        for (Path table : DataFiles.stored(data, ".sst")) {
            largest = largest == null || Files.size(table) > Files.size(largest) ? table : largest;
        }
        byte[] whole = Files.readAllBytes(largest);
        for (double part : new double[] {0.01, 0.4, 0.7}) {
            flip(largest, part);
            assertRefused();
            Files.write(largest, whole);
        }
        DataFiles.open(data).close();
    }

    @Test
    void theManifestIsDamaged() throws Exception {
        killed(20, true);
        Path manifest;
        try (var files = Files.list(data.resolve("store"))) {
            manifest = files.filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
                    .findFirst()
                    .orElseThrow();
        }
        flip(manifest, 0.5);
        assertRefused();
    }
}
