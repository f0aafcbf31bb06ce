package io.meshkeep.store;

import java.time.Duration;

/**
 * How a store is opened.
 *
 * @param unsafeNoSync whether writes are acknowledged without a sync: fast, and lost in a power failure
 * @param initialRevision revision that a new store begins at; 1 is etcd's
 * @param quotaBytes size of the data on disk beyond which writes are refused; 0 or less: no quota
 * @param maxResidentBytes size of the data in memory beyond which writes are refused
 * @param minFreeDiskBytes free space of the file system below which writes are refused
 * @param maxAnswerBytes most bytes of one range's answer
 * @param recentEventBytes memory for recent events, from which watchers that are a little late are served
 * @param retainedSnapshotBytes memory for past snapshots, from which the later pages of a list are served
 * @param blockCacheBytes RocksDB's cache
 * @param compactionSlice changes that background compaction looks at in one step
 * @param maxWatchMessageBytes size beyond which the events of a watch that allows it are sent in fragments
 * @param watchBodyBytes size up to which revisions are put into one message of a watch
 * @param unsentWatchBytes memory for what was found for watchers that are behind and has not been sent yet
 * @param maxWatchBytes memory for open watches, as {@link Watcher#cost} reckons it
 * @param meshIndex whether snapshots carry an index of the keys of a Cilium mesh
 * @param retainedMeshBytes memory for past indexes of the mesh, from which followers that are a little late are served
 * @param progressInterval how often a watch that asked for it is told of progress
 */
public record StoreOptions(
        boolean unsafeNoSync,
        long initialRevision,
        long quotaBytes,
        long maxResidentBytes,
        long minFreeDiskBytes,
        long maxAnswerBytes,
        long recentEventBytes,
        long retainedSnapshotBytes,
        long blockCacheBytes,
        int compactionSlice,
        int maxWatchMessageBytes,
        int watchBodyBytes,
        long unsentWatchBytes,
        long maxWatchBytes,
        boolean meshIndex,
        long retainedMeshBytes,
        Duration progressInterval) {

    private static final long MEGABYTE = 1 << 20;

    private static final long HEAP = Runtime.getRuntime().maxMemory();

    /** etcd's defaults, and memory in proportion to the heap. */
    public static StoreOptions defaults() {
        return builder().build();
    }

    /** A builder that starts from the {@linkplain #defaults() defaults}. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects options; see the record's components for their meaning. Not thread-safe. */
    public static final class Builder {
        private boolean unsafeNoSync = false;
        private long initialRevision = 1;
        private long quotaBytes = 2L << 30;
        private long maxResidentBytes = HEAP / 100 * 60;
        private long minFreeDiskBytes = 32 * MEGABYTE;
        private long maxAnswerBytes = Math.min(Integer.MAX_VALUE - 64 * MEGABYTE, HEAP / 4);
        private long recentEventBytes = Math.min(64 * MEGABYTE, HEAP / 16);
        private long retainedSnapshotBytes = Math.min(64 * MEGABYTE, HEAP / 16);
        private long blockCacheBytes = Math.min(32 * MEGABYTE, HEAP / 8);
        private int compactionSlice = 1000;
        private int maxWatchMessageBytes = 2 << 20;
        // Small enough that a client that does not read holds little memory, large enough that a message's cost
        // vanishes.
        private int watchBodyBytes = 64 << 10;
        private long unsentWatchBytes = Math.min(32 * MEGABYTE, HEAP / 16);
        private long maxWatchBytes = HEAP / 4;
        private boolean meshIndex = true;
        private long retainedMeshBytes = Math.min(64 * MEGABYTE, HEAP / 16);
        private Duration progressInterval = Duration.ofMinutes(10);

        private Builder() {}

        public Builder unsafeNoSync(boolean value) {
            unsafeNoSync = value;
            return this;
        }

        public Builder initialRevision(long value) {
            initialRevision = value;
            return this;
        }

        public Builder quotaBytes(long value) {
            quotaBytes = value;
            return this;
        }

        public Builder maxResidentBytes(long value) {
            maxResidentBytes = value;
            return this;
        }

        public Builder minFreeDiskBytes(long value) {
            minFreeDiskBytes = value;
            return this;
        }

        public Builder maxAnswerBytes(long value) {
            maxAnswerBytes = value;
            return this;
        }

        public Builder recentEventBytes(long value) {
            recentEventBytes = value;
            return this;
        }

        public Builder retainedSnapshotBytes(long value) {
            retainedSnapshotBytes = value;
            return this;
        }

        public Builder blockCacheBytes(long value) {
            blockCacheBytes = value;
            return this;
        }

        public Builder compactionSlice(int value) {
            compactionSlice = value;
            return this;
        }

        public Builder maxWatchMessageBytes(int value) {
            maxWatchMessageBytes = value;
            return this;
        }

        public Builder watchBodyBytes(int value) {
            watchBodyBytes = value;
            return this;
        }

        public Builder unsentWatchBytes(long value) {
            unsentWatchBytes = value;
            return this;
        }

        public Builder maxWatchBytes(long value) {
            maxWatchBytes = value;
            return this;
        }

        public Builder meshIndex(boolean value) {
            meshIndex = value;
            return this;
        }

        public Builder retainedMeshBytes(long value) {
            retainedMeshBytes = value;
            return this;
        }

        public Builder progressInterval(Duration value) {
            progressInterval = value;
            return this;
        }

        public StoreOptions build() {
            return new StoreOptions(
                    unsafeNoSync,
                    initialRevision,
                    quotaBytes,
                    maxResidentBytes,
                    minFreeDiskBytes,
                    maxAnswerBytes,
                    recentEventBytes,
                    retainedSnapshotBytes,
                    blockCacheBytes,
                    compactionSlice,
                    maxWatchMessageBytes,
                    watchBodyBytes,
                    unsentWatchBytes,
                    maxWatchBytes,
                    meshIndex,
                    retainedMeshBytes,
                    progressInterval);
        }
    }
}
