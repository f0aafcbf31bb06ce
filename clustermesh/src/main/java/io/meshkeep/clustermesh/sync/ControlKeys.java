package io.meshkeep.clustermesh.sync;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.LeasePool;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that say that this store is alive and whose it is: {@code cilium/.heartbeat}, written anew each minute, and
 * {@code cilium/cluster-config/<cluster>}, looked at every five minutes and written if it is another or its lease is not
 * one of ours. Clients count on both: without a heartbeat for two minutes they drop their connection.
 */
public final class ControlKeys implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ControlKeys.class);

    private static final Duration HEARTBEAT = Duration.ofMinutes(1);
    private static final Duration CONFIG = Duration.ofMinutes(5);
    private static final Duration AGAIN = Duration.ofSeconds(1);

    private final Kvstore kvstore;
    private final LeasePool leases;
    private final Cluster cluster;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "clustermesh-control-keys");
        thread.setDaemon(true);
        return thread;
    });
    private final CompletableFuture<Void> published = new CompletableFuture<>();
    private volatile Instant lastHeartbeat = Instant.EPOCH;
    private CompletableFuture<LeasePool.Held> lease;

    private ControlKeys(Kvstore kvstore, LeasePool leases, Cluster cluster) {
        this.kvstore = kvstore;
        this.leases = leases;
        this.cluster = cluster;
    }

    /** Writes both now, and as long as it is not closed. */
    public static ControlKeys start(Kvstore kvstore, LeasePool leases, Cluster cluster) {
        return start(kvstore, leases, cluster, HEARTBEAT, CONFIG);
    }

    /**
     * @param heartbeat how often the one is written
     * @param config how often the other is looked at
     */
    static ControlKeys start(Kvstore kvstore, LeasePool leases, Cluster cluster, Duration heartbeat, Duration config) {
        ControlKeys keys = new ControlKeys(kvstore, leases, cluster);
        keys.every(heartbeat, "cilium/.heartbeat", keys::beat);
        keys.every(config, keys.configKey(), keys::publish);
        return keys;
    }

    /** Completes when the cluster's configuration has been written for the first time. */
    public CompletableFuture<Void> published() {
        return published;
    }

    /** When the last heartbeat was written; {@link Instant#EPOCH} if none was. */
    public Instant lastHeartbeat() {
        return lastHeartbeat;
    }

    private void every(Duration interval, String key, Supplier<CompletableFuture<?>> write) {
        timer.execute(() -> write.get().whenComplete((done, failure) -> {
            if (failure != null && !timer.isShutdown()) {
                log.warn("{} could not be written; it is tried again: {}", key, reason(failure));
            }
            Duration wait = failure == null ? interval : AGAIN;
            if (!timer.isShutdown()) {
                timer.schedule(() -> every(interval, key, write), wait.toMillis(), TimeUnit.MILLISECONDS);
            }
        }));
    }

    private static String reason(Throwable failure) {
        Status status = Status.fromThrowable(failure);
        return status.getCode() + " " + status.getDescription();
    }

    private String configKey() {
        return "cilium/cluster-config/" + cluster.name();
    }

    private CompletableFuture<?> beat() {
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        return put("cilium/.heartbeat", ByteString.copyFromUtf8(now.toString())).thenRun(() -> lastHeartbeat = now);
    }

    private CompletableFuture<?> publish() {
        ByteString config = Values.clusterConfig(cluster);
        return held().thenCompose(own -> kvstore.get(configKey())
                        .thenCompose(there -> isOurs(there, config, own)
                                ? CompletableFuture.completedFuture(0L)
                                : put(configKey(), config)))
                .thenRun(() -> published.complete(null));
    }

    private static boolean isOurs(Optional<Kvstore.Pair> there, ByteString config, LeasePool.Held own) {
        return there.isPresent()
                && there.get().value().equals(config)
                && there.get().lease() == own.id();
    }

    private CompletableFuture<Long> put(String key, ByteString value) {
        return held().thenCompose(own -> kvstore.put(key, value, own.id()).whenComplete((revision, failure) -> {
            if (failure != null && Status.fromThrowable(failure).getCode() == Status.Code.NOT_FOUND) {
                forget();
            }
        }));
    }

    /** Both keys share one lease. When it is lost both are written again at once. */
    private synchronized CompletableFuture<LeasePool.Held> held() {
        if (lease == null) {
            lease = leases.take();
            lease.thenCompose(LeasePool.Held::lost).thenRun(() -> {
                forget();
                if (!timer.isShutdown()) {
                    timer.execute(this::beat);
                    timer.execute(this::publish);
                }
            });
        }
        return lease;
    }

    private synchronized void forget() {
        lease = null;
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
