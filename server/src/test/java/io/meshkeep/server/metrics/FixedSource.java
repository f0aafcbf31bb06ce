package io.meshkeep.server.metrics;

/** A source in which every value is another one. */
record FixedSource() implements MetricsSource {
    @Override
    public long memberId() {
        return 0xef12a2ed4f459e98L;
    }

    @Override
    public long currentRevision() {
        return 1001;
    }

    @Override
    public long compactRevision() {
        return -1;
    }

    @Override
    public long lastCompactionSeconds() {
        return 1003;
    }

    @Override
    public long keys() {
        return 1004;
    }

    @Override
    public long watchers() {
        return 1005;
    }

    @Override
    public long watchStreams() {
        return 1006;
    }

    @Override
    public long slowWatchers() {
        return 1007;
    }

    @Override
    public long pendingEvents() {
        return 1008;
    }

    @Override
    public long dbSizeBytes() {
        return 1009;
    }

    @Override
    public long dbSizeInUseBytes() {
        return 1010;
    }

    @Override
    public long openReadTransactions() {
        return 1011;
    }

    @Override
    public long quotaBytes() {
        return 2L << 30;
    }

    @Override
    public boolean hasLeader() {
        return true;
    }

    @Override
    public boolean isLeader() {
        return false;
    }

    @Override
    public long leaderChanges() {
        return 1015;
    }

    @Override
    public long proposalsCommitted() {
        return 1016;
    }

    @Override
    public long proposalsApplied() {
        return 1017;
    }

    @Override
    public long proposalsPending() {
        return 1018;
    }

    @Override
    public long authRevision() {
        return 1019;
    }

    @Override
    public boolean defragmenting() {
        return true;
    }
}
