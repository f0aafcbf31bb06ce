package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.PutRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever asks for a compaction to be done to the end must hear of the end, also when that has come already. */
class CompactionDoneTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @Test
    void isToldWhenItWasDoneBeforeTheQuestion() {
        try (Store store = Store.open(directory, StoreOptions.defaults())) {
            compactAfterAPut(store);
            assertThat(store.compactionDone()).succeedsWithin(PATIENCE);
            assertThat(store.compactionDone()).succeedsWithin(PATIENCE);
        }
    }

    @Test
    void isToldAfterARestart() {
        try (Store store = Store.open(directory, StoreOptions.defaults())) {
            compactAfterAPut(store);
        }
        try (Store store = Store.open(directory, StoreOptions.defaults())) {
            assertThat(store.compactionDone()).succeedsWithin(PATIENCE);
        }
    }

    @Test
    void isToldWhenTheStoreIsClosed() {
        Store store = Store.open(directory, StoreOptions.defaults());
        compactAfterAPut(store);
        CompletableFuture<Void> before = store.compactionDone();
        store.close();
        // whether closing or the compaction came first is chance; that nobody waits for ever is not
        assertThat(before.handle((done, stopped) -> true)).succeedsWithin(PATIENCE);
        assertThat(store.compactionDone().handle((done, stopped) -> true)).succeedsWithin(PATIENCE);
    }

    private static void compactAfterAPut(Store store) {
        put(store);
        answer(
                store,
                new Command.Compact(CompactionRequest.newBuilder()
                        .setRevision(store.snapshot().revision())
                        .build()));
    }

    private static void put(Store store) {
        answer(
                store,
                new Command.Put(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("k"))
                        .build()));
    }

    private static void answer(Store store, Command command) {
        CompletableFuture<Result> answered = new CompletableFuture<>();
        store.write(command, 64, (result, error) -> {
            if (error == null) {
                answered.complete(result);
            } else {
                answered.completeExceptionally(error);
            }
        });
        assertThat(answered).succeedsWithin(PATIENCE);
    }
}
