package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompactionTest {
    @TempDir
    Path directory;

    private static final StoreOptions OPTIONS = StoreOptions.builder().unsafeNoSync(true).build();

    @Test
    void theEndOfACompactionIsToldAlsoAfterIt() {
        try (Store store = Store.open(directory, OPTIONS)) {
            TestStore.put(store, "k", "1");
            TestStore.put(store, "k", "2");
            TestStore.compact(store, 3);
            TestStore.get(store.compactionDone());
            TestStore.get(store.compactionDone());
            assertThat(store.compactedRecords()).isEqualTo(1);
        }
    }

    @Test
    void withoutACompactionThereIsNothingToWaitFor() {
        try (Store store = Store.open(directory, OPTIONS)) {
            TestStore.get(store.compactionDone());
        }
    }

    @Test
    void afterTheStoreHasClosedNobodyWaits() {
        Store store = Store.open(directory, OPTIONS);
        TestStore.put(store, "k", "1");
        TestStore.compact(store, 2);
        store.close();
        CompletableFuture<Void> done = store.compactionDone();
        Await.until("told", done::isDone);
    }
}
