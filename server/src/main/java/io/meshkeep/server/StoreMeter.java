package io.meshkeep.server;

import io.meshkeep.server.metrics.Metrics;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreException;
import java.util.function.Consumer;

/** Counts what the store tells of its work. */
final class StoreMeter implements Store.Observer {
    private final Metrics metrics;
    private final Consumer<StoreException> onFailure;

    StoreMeter(Metrics metrics, Consumer<StoreException> onFailure) {
        this.metrics = metrics;
        this.onFailure = onFailure;
    }

    @Override
    public void synced(long nanos) {
        // the log's write and its sync are one call into RocksDB
        metrics.disk().walFsync().observeNanos(nanos);
        metrics.disk().backendCommit().observeNanos(nanos);
    }

    @Override
    public void compacted(long records) {
        metrics.mvcc().compactedKeys().add(records);
    }

    @Override
    public void eventsSent(long events) {
        metrics.mvcc().events().add(events);
    }

    @Override
    public void leaseExpired() {
        metrics.lease().revoked().increment();
        metrics.lease().expired().increment();
    }

    @Override
    public void failed(StoreException cause) {
        onFailure.accept(cause);
    }
}
