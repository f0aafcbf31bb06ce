package io.meshkeep.server;

import io.meshkeep.server.metrics.MetricsSource;
import io.meshkeep.store.Store;

/** What the store knows of itself, for the metrics. */
final class StoreFigures implements MetricsSource {
    private final Store store;
    private final long quotaBytes;

    StoreFigures(Store store, long quotaBytes) {
        this.store = store;
        this.quotaBytes = quotaBytes;
    }

    @Override
    public long memberId() {
        return store.memberId();
    }

    @Override
    public long currentRevision() {
        return store.snapshot().revision();
    }

    @Override
    public long compactRevision() {
        return store.snapshot().compactedRevision();
    }

    @Override
    public long lastCompactionSeconds() {
        return store.lastCompactionSeconds();
    }

    @Override
    public long keys() {
        return store.snapshot().keyCount();
    }

    @Override
    public long watchers() {
        return store.watches().watcherCount();
    }

    @Override
    public long watchStreams() {
        return store.watches().streamCount();
    }

    @Override
    public long slowWatchers() {
        return store.watches().slowWatcherCount();
    }

    @Override
    public long pendingEvents() {
        // events are not queued for watchers: a slow one holds a revision
        return 0;
    }

    @Override
    public long dbSizeBytes() {
        return store.size();
    }

    @Override
    public long dbSizeInUseBytes() {
        return store.sizeInUse();
    }

    @Override
    public long openReadTransactions() {
        return 0;
    }

    @Override
    public long quotaBytes() {
        return quotaBytes;
    }

    @Override
    public boolean hasLeader() {
        return true;
    }

    @Override
    public boolean isLeader() {
        return true;
    }

    @Override
    public long leaderChanges() {
        return 1;
    }

    @Override
    public long proposalsCommitted() {
        return store.snapshot().appliedIndex();
    }

    @Override
    public long proposalsApplied() {
        return store.snapshot().appliedIndex();
    }

    @Override
    public long proposalsPending() {
        return store.pendingWrites();
    }

    @Override
    public long authRevision() {
        return 1;
    }

    @Override
    public boolean defragmenting() {
        return store.isDefragmenting();
    }
}
