package io.meshkeep.clustermesh.kvstoremesh;

import io.meshkeep.clustermesh.kvstore.Backoff;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what was mirrored of a cluster that is configured no more: first its configuration, so that no agent connects
 * to it any more; after a while, in which agents that are connected end that, all the rest. It goes on trying until it
 * is done or closed. Thread-safe.
 */
final class Drain {
    private static final Logger log = LoggerFactory.getLogger(Drain.class);

    private static final int LOUD_FAILURES = 5;

    private final Kvstore local;
    private final String cluster;
    private final KvstoreMeshConfig.Timing timing;
    private final ScheduledExecutorService timer;
    private final Backoff backoff;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final List<String> prefixes = new ArrayList<>();

    private boolean cancelled;
    private boolean deleting;
    private ScheduledFuture<?> waiting;

    Drain(Kvstore local, String cluster, KvstoreMeshConfig.Timing timing, ScheduledExecutorService timer) {
        this.local = local;
        this.cluster = cluster;
        this.timing = timing;
        this.timer = timer;
        this.backoff = new Backoff(timing.retry().multipliedBy(2), timing.mostRetry());
        prefixes.add("cilium/synced/" + cluster + "/");
        for (Resource resource : Resource.values()) {
            prefixes.add(resource.cachePrefix(cluster));
        }
    }

    /** Begins; the future completes when everything is deleted, or it was cancelled or closed. */
    CompletableFuture<Void> run() {
        deleteConfig(1);
        return done;
    }

    /** The cluster is back: as long as none of its entries is deleted, none has to be. */
    void cancelWhileWaiting() {
        synchronized (this) {
            if (deleting) {
                return;
            }
            cancelled = true;
            if (waiting != null) {
                waiting.cancel(false);
            }
        }
        done.complete(null);
    }

    void close() {
        synchronized (this) {
            cancelled = true;
        }
        done.complete(null);
    }

    private synchronized boolean isOver() {
        return cancelled;
    }

    private void deleteConfig(int attempt) {
        if (isOver()) {
            return;
        }
        local.delete(ClusterConfig.PREFIX + cluster).whenComplete((deleted, failure) -> {
            if (failure != null) {
                again(attempt, failure, this::deleteConfig);
                return;
            }
            log.info(
                    "cluster {}: what was mirrored is deleted in {} s, when agents have let go of it",
                    cluster,
                    timing.drainGrace().toSeconds());
            schedule(() -> deletePrefixes(1), timing.drainGrace().toMillis());
        });
    }

    private void deletePrefixes(int attempt) {
        synchronized (this) {
            if (cancelled) {
                return;
            }
            deleting = true;
        }
        deleteFrom(0, attempt);
    }

    private void deleteFrom(int index, int attempt) {
        if (isOver()) {
            return;
        }
        if (index == prefixes.size()) {
            log.info("cluster {}: what was mirrored is deleted", cluster);
            done.complete(null);
            return;
        }
        local.deletePrefix(prefixes.get(index)).whenComplete((deleted, failure) -> {
            if (failure != null) {
                again(attempt, failure, next -> deleteFrom(index, next));
            } else {
                deleteFrom(index + 1, attempt);
            }
        });
    }

    private void again(int attempt, Throwable failure, IntConsumer action) {
        if (attempt <= LOUD_FAILURES) {
            log.warn("cluster {}: what was mirrored cannot be deleted; trying again", cluster, failure);
        }
        schedule(() -> action.accept(attempt + 1), backoff.millisAfter(attempt));
    }

    private void schedule(Runnable action, long millis) {
        synchronized (this) {
            if (cancelled) {
                return;
            }
            try {
                waiting = timer.schedule(action, millis, TimeUnit.MILLISECONDS);
                return;
            } catch (RejectedExecutionException closed) {
                log.debug("cluster {}: not all that was mirrored could be deleted before the end", cluster, closed);
            }
        }
        done.complete(null);
    }
}
