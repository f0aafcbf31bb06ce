package io.meshkeep.clustermesh.kvstoremesh;

import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mirrors the clusters of a directory into a local store, until it is closed. Thread-safe.
 *
 * <p>It is ready once every cluster that was configured at the start has been mirrored in full, or could not be connected
 * to for a while; after ten minutes in any case. Then it stays ready: what is mirrored is of use without the rest.
 */
public final class KvstoreMesh implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(KvstoreMesh.class);

    private final KvstoreMeshConfig config;
    private final LocalStore local;
    private final RemoteCluster.Opener opener;
    private final ClusterIds ids;
    private final ScheduledExecutorService timer;
    private final ConfigDirectory directory;
    private final long begun = System.nanoTime();
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private volatile Optional<Duration> bootstrap = Optional.empty();

    /** Guards what is below. */
    private final Object lock = new Object();

    private final Map<String, RemoteCluster> clusters = new TreeMap<>();
    private final Map<String, Drain> drains = new HashMap<>();
    /** Clusters that came back while their entries were being deleted. */
    private final Map<String, Path> delayed = new HashMap<>();

    private boolean closed;

    private KvstoreMesh(KvstoreMeshConfig config, Kvstore local, RemoteCluster.Opener opener) {
        this.config = config;
        this.local = new LocalStore(local, config.limits(), config.timing().leaseTtl());
        this.opener = opener;
        this.ids = new ClusterIds(config.maxConnectedClusters(), config.clusterId(), config.clusterName());
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "kvstoremesh");
            thread.setDaemon(true);
            return thread;
        });
        this.directory = new ConfigDirectory(config.directory(), new Listener());
    }

    /**
     * Begins to mirror.
     *
     * @param local the store that is mirrored into; stays the caller's
     * @throws IOException with one line for the user, if the directory cannot be read
     */
    public static KvstoreMesh start(KvstoreMeshConfig config, Kvstore local) throws IOException {
        return start(config, local, file -> ChannelKvstore.connect(EtcdConfig.read(file)));
    }

    static KvstoreMesh start(KvstoreMeshConfig config, Kvstore local, RemoteCluster.Opener opener) throws IOException {
        if (!Files.isDirectory(config.directory())) {
            throw new IOException("clustermesh-config: " + config.directory() + " is not a directory");
        }
        KvstoreMesh mesh = new KvstoreMesh(config, local, opener);
        mesh.directory.look();
        mesh.awaitClusters();
        long look = config.timing().look().toMillis();
        mesh.timer.scheduleWithFixedDelay(mesh::look, look, look, TimeUnit.MILLISECONDS);
        return mesh;
    }

    private void awaitClusters() {
        List<CompletableFuture<Void>> settled = new ArrayList<>();
        synchronized (lock) {
            clusters.values().forEach(cluster -> settled.add(cluster.settled()));
        }
        CompletableFuture.allOf(settled.toArray(CompletableFuture[]::new)).thenRun(() -> isReady(true));
        timer.schedule(() -> isReady(false), config.globalReadyTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }

    private void isReady(boolean all) {
        synchronized (lock) {
            if (closed || ready.isDone()) {
                return;
            }
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            bootstrap = Optional.of(took);
            if (all) {
                log.info("ready after {} ms: {} remote clusters", took.toMillis(), clusters.size());
            } else {
                log.warn("not all remote clusters are mirrored after {} s; ready without them", took.toSeconds());
            }
        }
        local.bootstrapped();
        ready.complete(null);
    }

    private void look() {
        try {
            directory.look();
        } catch (RuntimeException e) {
            log.error("the remote clusters' configurations could not be looked at; they are looked at again", e);
        }
    }

    /** Completes when it is ready; see there. */
    public CompletableFuture<Void> ready() {
        return ready.copy();
    }

    /** Whether it is ready; see there. */
    public boolean isReady() {
        return ready.isDone();
    }

    KvstoreMeshConfig config() {
        return config;
    }

    /** How long it took to be ready; empty until then. */
    Optional<Duration> bootstrap() {
        return bootstrap;
    }

    /** The clusters, in the order of their names. */
    List<RemoteCluster> clusters() {
        synchronized (lock) {
            return List.copyOf(clusters.values());
        }
    }

    /** How it stands with each cluster, in the order of their names. */
    List<RemoteStatus> status() {
        return clusters().stream().map(RemoteCluster::status).toList();
    }

    private void add(String name, Path file) {
        RemoteCluster cluster = null;
        Drain drain;
        synchronized (lock) {
            if (closed) {
                return;
            }
            drain = drains.get(name);
            if (drain != null) {
                delayed.put(name, file);
            } else {
                cluster = new RemoteCluster(name, file, config, local, ids, opener, timer);
                clusters.put(name, cluster);
            }
        }
        if (cluster == null) {
            log.info("cluster {}: it is back, and is connected to when its old entries are dealt with", name);
            drain.cancelWhileWaiting();
            return;
        }
        log.info("cluster {}: configured in {}", name, file);
        cluster.start();
    }

    private void remove(String name) {
        RemoteCluster cluster;
        Drain drain = new Drain(local.kvstore(), name, config.timing(), timer);
        synchronized (lock) {
            delayed.remove(name);
            cluster = clusters.remove(name);
            if (cluster == null) {
                return;
            }
            drains.put(name, drain);
        }
        log.info("cluster {}: its configuration is gone", name);
        cluster.close()
                .thenCompose(closed -> {
                    if (config.drainOnRemoval()) {
                        return drain.run();
                    }
                    log.info(
                            "cluster {}: what was mirrored stays, until its lease runs out after the end of this process",
                            name);
                    return CompletableFuture.completedFuture(null);
                })
                .whenComplete((drained, failure) -> removed(name));
    }

    private void removed(String name) {
        ids.release(name);
        Path back;
        synchronized (lock) {
            drains.remove(name);
            back = delayed.remove(name);
        }
        if (back != null) {
            add(name, back);
        }
    }

    /** Ends. What was mirrored stays where it is, until its lease runs out: another process may take over. */
    @Override
    public void close() {
        List<RemoteCluster> running;
        List<Drain> draining;
        synchronized (lock) {
            closed = true;
            running = List.copyOf(clusters.values());
            draining = List.copyOf(drains.values());
            clusters.clear();
            delayed.clear();
        }
        draining.forEach(Drain::close);
        CompletableFuture.allOf(running.stream().map(RemoteCluster::close).toArray(CompletableFuture[]::new))
                .join();
        local.close();
        timer.shutdownNow();
    }

    private final class Listener implements ConfigDirectory.Listener {
        private final Set<String> ignored = new HashSet<>();

        @Override
        public void added(String cluster, Path file) {
            if (cluster.equals(config.clusterName())) {
                ignored.add(cluster);
                log.info("the configuration of the local cluster {} is left alone", cluster);
                return;
            }
            if (!KvstoreMeshConfig.isName(cluster)) {
                log.error("{}; Cilium 1.17 and later refuse it", KvstoreMeshConfig.nameProblem(cluster));
            }
            add(cluster, file);
        }

        @Override
        public void changed(String cluster) {
            RemoteCluster changed;
            synchronized (lock) {
                changed = clusters.get(cluster);
            }
            if (changed != null) {
                changed.reconnect();
            }
        }

        @Override
        public void removed(String cluster) {
            if (!ignored.remove(cluster)) {
                remove(cluster);
            }
        }
    }
}
