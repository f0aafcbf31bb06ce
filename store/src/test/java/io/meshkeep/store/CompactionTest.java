package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class CompactionTest {
    private static final int SLICE = 10;

    @TempDir
    Path directory;

    private final List<Long> slices = Collections.synchronizedList(new ArrayList<>());
    private volatile Runnable afterSlice = () -> {};

    private Store open(Path data) {
        StoreOptions options =
                StoreOptions.builder().unsafeNoSync(true).compactionSlice(SLICE).build();
        return Store.open("compaction", data, options, new Store.Observer() {
            @Override
            public void compacted(long records) {
                slices.add(records);
                afterSlice.run();
            }
        });
    }

    private static void putOften(Store store, String key, int times) {
        for (int done = 0; done < times; ) {
            List<Command> puts = new ArrayList<>();
            for (; puts.size() < 5_000 && done < times; done++) {
                puts.add(new Command.Put(Requests.put(key, "v")));
            }
            TestStore.writeAll(store, puts);
        }
    }

    /** With each slice going over the whole history of the key this takes minutes. */
    @Test
    @Timeout(30)
    void aKeyThatIsWrittenAllTheTimeIsCompactedInSmallSteps() {
        int versions = 50_000;
        try (Store store = open(directory)) {
            putOften(store, "leader", versions);
            TestStore.compact(store, store.snapshot().revision());
            TestStore.get(store.compactionDone());
            assertThat(slices.stream().mapToLong(Long::longValue).sum()).isEqualTo(versions - 1);
            assertThat(slices).allMatch(records -> records <= 2 * SLICE);
        }
    }

    /** What the disk holds after the first step is what a process finds that was killed then. */
    @Test
    void aCompactionThatWasCutOffIsFinishedAtTheNextStart() throws IOException {
        int versions = 1_000;
        CountDownLatch release = new CountDownLatch(1);
        afterSlice = () -> await(release);
        Path copy = directory.resolve("copy");
        try (Store store = open(directory.resolve("original"))) {
            putOften(store, "k", versions);
            TestStore.compact(store, store.snapshot().revision());
            Await.until("it has begun", () -> !slices.isEmpty());
            copy(directory.resolve("original"), copy);
            release.countDown();
        }
        slices.clear();
        try (Store store = open(copy)) {
            TestStore.get(store.compactionDone());
            assertThat(slices.stream().mapToLong(Long::longValue).sum()).isEqualTo(versions - SLICE);
            assertThat(store.range(Requests.range("k", "").build()).count()).isEqualTo(1);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }
}
