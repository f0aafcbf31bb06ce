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
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
            KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
            for (int i = 0; i < 10; i++) {
                kv.put(put("small" + i, 100).build());
            }
            for (int i = 0; i < megabytes; i++) {
                kv.put(put("large" + i, 1 << 20).build());
            }
            if (inFiles) {
                MaintenanceGrpc.newBlockingStub(channel).defragment(DefragmentRequest.getDefaultInstance());
            }
            kv.put(put("last", 10).build());
            DataFiles.copy(live, data);
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
    void anOlderLogIsGone() throws Exception {
        killed(40, false);
        List<Path> logs = DataFiles.logs(data);
        assertThat(logs).hasSizeGreaterThan(1);
        Files.delete(logs.get(0));
        assertRefused();
    }

    @Test
    void anOlderLogIsCutShort() throws Exception {
        killed(40, false);
        List<Path> logs = DataFiles.logs(data);
        assertThat(logs).hasSizeGreaterThan(1);
        Path oldest = logs.get(0);
        byte[] bytes = Files.readAllBytes(oldest);
        Files.write(oldest, Arrays.copyOf(bytes, bytes.length - 100));
        assertRefused();
    }

    @Test
    void anOlderLogIsDamaged() throws Exception {
        killed(40, false);
        List<Path> logs = DataFiles.logs(data);
        assertThat(logs).hasSizeGreaterThan(1);
        flip(logs.get(0), 0.5);
        assertRefused();
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
