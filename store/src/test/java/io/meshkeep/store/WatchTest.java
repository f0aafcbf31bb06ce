package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.WatchResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Single situations of watches; {@link WatchHubTest} mixes them at random. */
class WatchTest {
    /** From there on a value stays on disk. */
    private static final int LONG = KeyValueRecord.MAX_RESIDENT_VALUE + 1;

    @TempDir
    Path directory;

    private Store store;

    private StoreOptions.Builder options() {
        return StoreOptions.builder().unsafeNoSync(true);
    }

    private void open(StoreOptions.Builder options) {
        store = Store.open(directory, options.build());
    }

    @AfterEach
    void close() {
        if (store != null) {
            store.close();
        }
    }

    private void put(String key, ByteString value) {
        TestStore.write(store, new Command.Put(Requests.put(key, value)));
    }

    private static List<Event> events(FakeTransport transport) {
        return transport.received().stream()
                .flatMap(response -> response.getEventsList().stream())
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"10, 1000000", "10, 1", LONG + ", 1000000", LONG + ", 1"})
    void aWatchFromTheCompactedRevisionGetsItWithoutThePairBefore(int valueLength, long recentEventBytes) {
        open(options().recentEventBytes(recentEventBytes));
        put("k", Requests.longValue(valueLength, 1));
        put("k", Requests.longValue(valueLength, 2));
        put("other", Requests.bytes("v"));
        TestStore.compact(store, 3);
        TestStore.get(store.compactionDone());

        FakeTransport transport = FakeTransport.on(store);
        transport.create(Requests.watch("k", "").setStartRevision(3).setPrevKv(true).build());
        transport.awaitProgress();
        assertThat(events(transport)).singleElement().satisfies(event -> {
            assertThat(event.getKv().getModRevision()).isEqualTo(3);
            assertThat(event.getKv().getValue()).isEqualTo(Requests.longValue(valueLength, 2));
            assertThat(event.hasPrevKv()).isFalse();
        });
    }
}
