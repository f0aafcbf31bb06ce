package io.meshkeep.server.crash;

import static io.meshkeep.server.crash.History.bytes;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.PutResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * That a put is on the disk when it is acknowledged. A killed process leaves what it wrote with the operating system,
 * synced or not, so only the system calls can tell.
 */
class SyncTest {
    private static final int PUTS = 40;

    @TempDir
    private Path dir;

    @BeforeEach
    void requireStrace() {
        Requirement.program("strace");
    }

    @Test
    void everyPutOfOneClientIsSyncedBeforeItIsAcknowledged() throws Exception {
        assertThat(unsynced(1)).isEmpty();
    }

    @Test
    void putsCommittedTogetherAreSyncedBeforeAnyIsAcknowledged() throws Exception {
        assertThat(unsynced(12)).isEmpty();
    }

    @Test
    void withoutSyncsTheCheckFails() throws Exception {
        assertThat(unsynced(1, "--unsafe-no-fsync")).hasSize(PUTS);
    }

    /** Puts under strace; returns what was acknowledged without a sync. */
    private List<String> unsynced(int clients, String... flags) throws Exception {
        Path trace = dir.resolve("trace");
        ServerProcess.Builder server = ServerProcess.on(dir.resolve("data"))
                .under("strace", "-f", "-qq", "-yy", "-s", "32768", "-e", "signal=none", "-o", trace.toString())
                .under("--seccomp-bpf", "-e", "trace=" + SyncCheck.TRACED)
                .flags(flags);
        List<SyncCheck.Put> puts = new ArrayList<>();
        try (ServerProcess process = server.start()) {
            ExecutorService threads = Executors.newFixedThreadPool(clients);
            try {
                List<Callable<List<SyncCheck.Put>>> work = new ArrayList<>();
                for (int i = 0; i < clients; i++) {
                    String client = String.format("client-%02d", i);
                    work.add(() -> put(process, client));
                }
                for (Future<List<SyncCheck.Put>> done : threads.invokeAll(work, 120, SECONDS)) {
                    puts.addAll(done.get());
                }
            } finally {
                threads.shutdownNow();
            }
            process.terminate();
        }
        return SyncCheck.check(StraceLog.parse(lines(trace)), puts).unsynced();
    }

    private static List<String> lines(Path trace) throws IOException {
        return Files.readAllLines(trace, StandardCharsets.ISO_8859_1);
    }

    /**
     * Puts one value after the other on one key and asks for the pair before. So the answer to a put is told by the
     * value before: of all that is sent to a socket nothing else holds it. On a connection of its own a request is read
     * in one piece.
     */
    private static List<SyncCheck.Put> put(ServerProcess server, String client) {
        ManagedChannel channel = server.channel();
        try {
            return put(channel, client);
        } finally {
            channel.shutdownNow();
        }
    }

    private static List<SyncCheck.Put> put(ManagedChannel channel, String client) {
        KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel).withDeadlineAfter(120, SECONDS);
        List<SyncCheck.Put> puts = new ArrayList<>();
        for (int i = 0; i <= PUTS; i++) {
            PutResponse answer = kv.put(PutRequest.newBuilder()
                    .setKey(bytes(client + "/key"))
                    // twice, since the log may divide one
                    .setValue(bytes(value(client, i) + ".".repeat(50) + value(client, i)))
                    .setPrevKv(true)
                    .build());
            if (i > 0) {
                assertThat(answer.getPrevKv().getValue().toStringUtf8()).startsWith(value(client, i - 1));
                puts.add(new SyncCheck.Put(value(client, i), value(client, i - 1)));
            }
        }
        return puts;
    }

    private static String value(String client, int i) {
        return String.format("%s-put-%05d.", client, i);
    }
}
