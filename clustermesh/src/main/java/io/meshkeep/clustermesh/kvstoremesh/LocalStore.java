package io.meshkeep.clustermesh.kvstoremesh;

import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.LeasePool;
import io.meshkeep.clustermesh.kvstore.RateLimit;
import io.meshkeep.clustermesh.kvstore.SyncStore;
import java.time.Duration;

/** The store that is mirrored into, and what all that is written there shares. Thread-safe. */
final class LocalStore implements AutoCloseable {
    /** Of one kind of entries of one cluster; there may be 1,275 of those. */
    private static final int IN_FLIGHT_EACH = 64;

    private final Kvstore kvstore;
    private final LeasePool leases;
    private final RateLimit rate;
    private final int ratePerSecond;
    private final Kvstore.Follow heartbeat;

    LocalStore(Kvstore kvstore, KvstoreMeshConfig.LocalLimits limits, Duration leaseTtl) {
        this.kvstore = new InFlightKvstore(kvstore, limits.maxInFlight());
        this.leases = new LeasePool(kvstore, leaseTtl, LeasePool.MAX_KEYS);
        this.rate = new RateLimit(limits.bootstrapPerSecond());
        this.ratePerSecond = limits.perSecond();
        // Of no interest itself. But a store that was replaced by an empty one is noticed by the first answer of the
        // new
        // one, and this stream gets one as soon as there is a connection; leases ask every few minutes.
        this.heartbeat = kvstore.follow("cilium/.heartbeat", new Kvstore.Follower() {
            @Override
            public void put(Kvstore.Pair pair) {}

            @Override
            public void deleted(String key) {}

            @Override
            public void listed(long revision) {}
        });
    }

    Kvstore kvstore() {
        return kvstore;
    }

    /** Where the entries of one kind of one cluster are written. */
    SyncStore mirror(String cluster, Resource resource) {
        return SyncStore.start(
                kvstore,
                leases,
                SyncStore.Settings.of(withoutSlash(resource.cachePrefix(cluster)))
                        .withCanary("cilium/synced/" + cluster + "/" + resource.syncedName(true))
                        .withInFlight(IN_FLIGHT_EACH)
                        .withRate(rate));
    }

    /** Where one cluster's configuration is written. Others write below this prefix too, so nothing is taken over. */
    SyncStore configs() {
        return SyncStore.start(
                kvstore,
                leases,
                SyncStore.Settings.of(withoutSlash(ClusterConfig.PREFIX)).withTakeOver(false));
    }

    /** From now on changes are written, not everything. */
    void bootstrapped() {
        rate.change(ratePerSecond);
    }

    private static String withoutSlash(String prefix) {
        return prefix.substring(0, prefix.length() - 1);
    }

    @Override
    public void close() {
        heartbeat.close();
        leases.close();
    }
}
