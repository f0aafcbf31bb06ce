package io.meshkeep.server;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.server.http.HealthSource;
import io.meshkeep.store.Store;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What the health endpoints ask of the store. */
final class StoreHealth implements HealthSource {
    private static final RangeRequest PROBE = RangeRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("health"))
            .setKeysOnly(true)
            .build();

    private final Store store;

    StoreHealth(Store store) {
        this.store = store;
    }

    @Override
    public List<String> alarms() {
        return store.snapshot().alarms().stream()
                .map(alarm -> alarm.type().name())
                .sorted()
                .toList();
    }

    @Override
    public boolean hasLeader() {
        return !store.hasFailed();
    }

    /** Published state is durable state, so there is no other turn to wait for. */
    @Override
    public CompletionStage<Void> read(boolean serializable) {
        if (store.hasFailed()) {
            return CompletableFuture.failedFuture(new IllegalStateException("etcdserver: server stopped"));
        }
        try {
            store.range(PROBE);
            return CompletableFuture.completedFuture(null);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
