package io.meshkeep.server.crash;

import static io.meshkeep.server.crash.DataFiles.channel;
import static io.meshkeep.server.crash.DataFiles.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.server.MeshkeepServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** What the command says when it cannot start on a data directory: one line, and an exit status. */
class RefusedStartTest {
    @TempDir
    private Path dir;

    private Path data;

    @BeforeEach
    void choose() {
        data = dir.resolve("data");
    }

    private AbstractStringAssert<?> assertRefused(String... flags) {
        try (ServerProcess server = ServerProcess.on(data).flags(flags).launch()) {
            assertThat(server.waitForExit()).as("exit status").isEqualTo(1);
            assertThat(server.output()).hasSize(1);
            return assertThat(server.output().get(0)).startsWith("meshkeep: ");
        }
    }

    private void make() throws Exception {
        try (MeshkeepServer server = DataFiles.open(data)) {
            ManagedChannel channel = channel(server);
            KVGrpc.newBlockingStub(channel).put(put("a", 10).build());
            channel.shutdownNow();
        }
    }

    @Test
    void theDirectoryIsLockedByAnotherProcess() throws Exception {
        try (ServerProcess first = ServerProcess.on(data).start()) {
            assertRefused().isEqualTo("meshkeep: the data directory " + data + " is locked by another process");
            ManagedChannel channel = first.channel();
            assertThat(KVGrpc.newBlockingStub(channel)
                            .put(put("a", 10).build())
                            .getHeader()
                            .getRevision())
                    .isEqualTo(2);
            channel.shutdownNow();
            assertThat(first.terminate()).isZero();
        }
    }

    @Test
    void theDirectoryIsAFile() throws Exception {
        Files.writeString(data, "");
        assertRefused().contains("cannot create the data directory " + data);
    }

    @Test
    void theDirectoryIsInAFile() throws Exception {
        Path file = Files.writeString(dir.resolve("file"), "");
        data = file.resolve("data");
        assertRefused().contains("cannot create the data directory " + data);
    }

    @Test
    void theDirectoryHoldsAFileForTheStore() throws Exception {
        Files.createDirectory(data);
        Files.writeString(data.resolve("store"), "");
        assertRefused().contains("cannot create the data directory " + data.resolve("store"));
    }

    @Test
    void theFormatIsNewer() throws Exception {
        make();
        edit(false);
        assertRefused().contains("the newer format 2").contains("use the version that wrote it");
    }

    @Test
    void theStoreHoldsSomethingThatThisVersionDoesNotKnow() throws Exception {
        make();
        edit(true);
        assertRefused().contains("newer format").contains("\"unheard-of\"");
    }

    /** Makes the data look as a later version may leave them. */
    private void edit(boolean addFamily) throws RocksDBException {
        String store = data.resolve("store").toString();
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        try (Options options = new Options()) {
            for (byte[] name : RocksDB.listColumnFamilies(options, store)) {
                families.add(new ColumnFamilyDescriptor(name));
            }
        }
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try (DBOptions options = new DBOptions();
                RocksDB db = RocksDB.open(options, store, families, handles)) {
            if (addFamily) {
                db.createColumnFamily(new ColumnFamilyDescriptor("unheard-of".getBytes(StandardCharsets.US_ASCII)));
            } else {
                ColumnFamilyHandle meta = handles.stream()
                        .filter(handle -> name(handle).equals("meta"))
                        .findFirst()
                        .orElseThrow();
                byte[] format = "format".getBytes(StandardCharsets.US_ASCII);
                assertThat(db.get(meta, format))
                        .isEqualTo(ByteBuffer.allocate(4).putInt(1).array());
                db.put(meta, format, ByteBuffer.allocate(4).putInt(2).array());
            }
        }
    }

    private static String name(ColumnFamilyHandle handle) {
        try {
            return new String(handle.getName(), StandardCharsets.US_ASCII);
        } catch (RocksDBException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void acknowledgedWritesAreMissing() throws Exception {
        try (ServerProcess server = ServerProcess.on(data).start()) {
            ManagedChannel channel = server.channel();
            for (int i = 0; i < 10; i++) {
                KVGrpc.newBlockingStub(channel).put(put("a", 10).build());
            }
            channel.shutdownNow();
            server.kill();
        }
        cut(DataFiles.newestLog(data));
        assertRefused()
                .contains("acknowledged writes are missing from " + data)
                .contains("the log ends at entry 9, but entry 10 was acknowledged");
    }

    private static void cut(Path log) throws IOException {
        byte[] bytes = Files.readAllBytes(log);
        Files.write(log, Arrays.copyOf(bytes, bytes.length - 1));
    }
}
