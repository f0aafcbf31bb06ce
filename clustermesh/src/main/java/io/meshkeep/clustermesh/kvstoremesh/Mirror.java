package io.meshkeep.clustermesh.kvstoremesh;

import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.SyncStore;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mirror of one kind of entries of one cluster: what is followed there is wanted here, byte for byte. It outlives
 * connections; the list that a new one begins with is compared with what is mirrored. Thread-safe.
 */
final class Mirror {
    private static final Logger log = LoggerFactory.getLogger(Mirror.class);

    private final String cluster;
    private final SyncStore store;
    private final Set<String> mirrored = new HashSet<>();
    private final CompletableFuture<Void> synced = new CompletableFuture<>();
    private Source source;
    private volatile boolean followed;

    Mirror(String cluster, SyncStore store) {
        this.cluster = cluster;
        this.store = store;
    }

    /** Completes when everything has been written once, and the key that says so. */
    CompletableFuture<Void> synced() {
        return synced;
    }

    /** Whether all that the cluster has is known, and changes are being followed. */
    boolean isFollowed() {
        return followed;
    }

    long entries() {
        synchronized (mirrored) {
            return mirrored.size();
        }
    }

    /** How many entries wait to be written. */
    long waiting() {
        return store.pending();
    }

    /** How often a write failed. */
    long errors() {
        return store.errors();
    }

    /** There is no connection; what is mirrored stays. */
    void notFollowed() {
        synchronized (mirrored) {
            source = null;
            followed = false;
        }
    }

    /** The cluster does not have this kind of entries. */
    void nothingThere() {
        synchronized (mirrored) {
            List.copyOf(mirrored).forEach(this::delete);
        }
        complete();
    }

    /**
     * Begins to mirror over a new connection.
     *
     * @param prefix of the keys there
     * @param isValid whether what comes is still to be believed
     */
    Kvstore.Follower follower(String prefix, BooleanSupplier isValid) {
        Source begun = new Source(prefix, isValid);
        synchronized (mirrored) {
            source = begun;
            followed = false;
        }
        return begun;
    }

    private void upsert(String name, Kvstore.Pair pair) {
        mirrored.add(name);
        store.upsert(name, pair.value());
    }

    private void delete(String name) {
        mirrored.remove(name);
        store.delete(name);
    }

    private void complete() {
        store.synced().thenRun(() -> synced.complete(null));
    }

    void close() {
        notFollowed();
        store.close();
    }

    private final class Source implements Kvstore.Follower {
        private final String prefix;
        private final BooleanSupplier isValid;
        /** What the first list has so far; null when it is complete. */
        private Set<String> listed = new HashSet<>();

        Source(String prefix, BooleanSupplier isValid) {
            this.prefix = prefix;
            this.isValid = isValid;
        }

        @Override
        public void put(Kvstore.Pair pair) {
            String name = pair.key().substring(prefix.length());
            synchronized (mirrored) {
                if (isCurrent()) {
                    if (listed != null) {
                        listed.add(name);
                    }
                    upsert(name, pair);
                }
            }
        }

        @Override
        public void deleted(String key) {
            String name = key.substring(prefix.length());
            synchronized (mirrored) {
                if (isCurrent()) {
                    if (listed != null) {
                        listed.remove(name);
                    }
                    delete(name);
                }
            }
        }

        @Override
        public void listed(long revision) {
            synchronized (mirrored) {
                if (!isCurrent()) {
                    return;
                }
                if (listed != null) {
                    List<String> gone = mirrored.stream()
                            .filter(name -> !listed.contains(name))
                            .toList();
                    gone.forEach(Mirror.this::delete);
                    listed = null;
                }
                followed = true;
            }
            complete();
        }

        private boolean isCurrent() {
            return source == this && isValid.getAsBoolean();
        }

        @Override
        public void failed(Throwable cause) {
            log.debug("cluster {}: {} is followed again after a failure", cluster, prefix, cause);
        }
    }
}
