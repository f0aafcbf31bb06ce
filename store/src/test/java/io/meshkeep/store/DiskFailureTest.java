package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.PutRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/** A disk that really refuses to write: a process of its own whose files may not grow beyond a limit. */
class DiskFailureTest {
    /** In blocks of 512 or 1024 bytes, as the shell has it. Small beside the log, large beside everything else. */
    private static final int FILE_LIMIT = 2_000;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(ints = {1, 20})
    @Timeout(120)
    void stopsAndLosesNothing(int callers) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -f " + FILE_LIMIT + " && exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-Djava.library.path=" + nativeLibrary(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        directory.resolve("data").toString(),
                        String.valueOf(callers))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
        assertThat(process.exitValue()).as("%s", lines).isZero();
        List<String> acknowledged = lines.stream()
                .filter(line -> line.startsWith("acknowledged "))
                .map(line -> line.substring("acknowledged ".length()))
                .toList();
        assertThat(acknowledged).hasSizeGreaterThan(callers);
        assertThat(lines)
                .contains("every command was answered", "told of the failure once", "refused afterwards", "closed");

        try (Store store = Store.open(directory.resolve("data"), StoreOptions.defaults())) {
            for (String key : acknowledged) {
                Result.Range found = store.range(Requests.range(key, "").build());
                assertThat(found.count()).as("%s was acknowledged", key).isEqualTo(1);
            }
        }
    }

    /** The directory with RocksDB's library, which its loader would otherwise unpack: a file larger than allowed. */
    private Path nativeLibrary() throws IOException {
        Path library = directory.resolve(System.mapLibraryName("rocksdbjni"));
        try (InputStream packed =
                RocksDB.class.getResourceAsStream("/" + Environment.getJniLibraryFileName("rocksdb"))) {
            Files.copy(packed, library);
        }
        return directory;
    }

    /** Writes until it is told that it cannot be done, and says what it saw. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] args) throws InterruptedException {
            AtomicInteger failures = new AtomicInteger();
            CountDownLatch failed = new CountDownLatch(1);
            Store store = Store.open("victim", Path.of(args[0]), StoreOptions.defaults(), new Store.Observer() {
                @Override
                public void failed(StoreException cause) {
                    failures.incrementAndGet();
                    failed.countDown();
                }
            });
            int callers = Integer.parseInt(args[1]);
            Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
            CountDownLatch open = new CountDownLatch(callers);
            for (int i = 0; i < callers; i++) {
                new Caller(store, "caller" + i + "-", acknowledged, open).next(0);
            }
            require(failed.await(30, TimeUnit.SECONDS), "told of the failure once");
            require(open.await(30, TimeUnit.SECONDS), "every command was answered");
            boolean refused = false;
            try {
                store.write(new Command.LeaseRevoke(1), 1, (result, error) -> {});
            } catch (EtcdException e) {
                refused = e.error() == EtcdError.STOPPED;
            }
            require(refused, "refused afterwards");
            store.close();
            require(failures.get() == 1, "closed");
            acknowledged.forEach(key -> System.out.println("acknowledged " + key));
            System.out.flush();
            Runtime.getRuntime().halt(0);
        }

        private static void require(boolean condition, String what) {
            System.out.println(condition ? what : "NOT " + what);
        }
    }

    /** One caller, who has one put under way at a time. */
    private record Caller(Store store, String prefix, Queue<String> acknowledged, CountDownLatch open) {
        void next(int number) {
            String key = prefix + number;
            PutRequest put = PutRequest.newBuilder()
                    .setKey(Requests.bytes(key))
                    .setValue(ByteString.copyFrom(new byte[2_000]))
                    .build();
            try {
                store.write(new Command.Put(put), put.getSerializedSize(), (result, error) -> {
                    if (error == null) {
                        acknowledged.add(key);
                        next(number + 1);
                    } else {
                        open.countDown();
                    }
                });
            } catch (EtcdException stopped) {
                open.countDown();
            }
        }
    }
}
