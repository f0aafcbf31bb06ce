package io.meshkeep.clustermesh.kvstoremesh;

import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import io.meshkeep.clustermesh.kvstore.Backoff;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.SyncStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One remote cluster: connected to, read, mirrored, until it is closed. Its state changes in {@link #order} alone; others
 * see it through volatile fields. Thread-safe.
 *
 * <p>A connection goes through these steps, and any failure ends it and begins another after a while: the heartbeat is
 * listed, which shows that there is a store; the cluster's configuration is read and checked; each kind of entries is
 * followed once the cluster says that it is complete. What was mirrored stays while there is no connection, and the next
 * one changes only what differs.
 */
final class RemoteCluster {
    private static final Logger log = LoggerFactory.getLogger(RemoteCluster.class);

    private static final String HEARTBEAT = "cilium/.heartbeat";
    private static final String SYNCED = "cilium/synced/";
    /** Files that cannot be read are tried again at least as often as after so many failures: that costs nothing. */
    private static final int OPEN_RETRIES = 2;

    private static final Duration TICK = Duration.ofMillis(500);
    private static final Duration CONFIG_RETRY = Duration.ofMillis(500);

    /** Makes a client from a configuration file; {@link IOException} if that or a certificate cannot be read. */
    @FunctionalInterface
    interface Opener {
        Kvstore open(Path configuration) throws IOException;
    }

    private final String name;
    private final Path file;
    private final KvstoreMeshConfig settings;
    private final ClusterIds ids;
    private final Opener opener;
    private final ScheduledExecutorService timer;
    private final Backoff backoff;
    private final SynchronizationContext order;
    private final SyncStore configs;
    private final Map<Resource, Mirror> mirrors = new EnumMap<>(Resource.class);
    private final CompletableFuture<Void> settled = new CompletableFuture<>();

    private Connection connection;
    private ScheduledHandle retry;
    private int failedInRow;
    private boolean closed;
    private boolean everConnected;

    private volatile Optional<RemoteStatus.Config> config = Optional.empty();
    private volatile boolean connected;
    private volatile boolean complete;
    private volatile long connectedId;
    private volatile long lastHeard;
    private volatile String problem = "";
    private volatile int failures;
    private volatile Optional<Instant> lastFailure = Optional.empty();

    RemoteCluster(
            String name,
            Path file,
            KvstoreMeshConfig settings,
            LocalStore local,
            ClusterIds ids,
            Opener opener,
            ScheduledExecutorService timer) {
        this.name = name;
        this.file = file;
        this.settings = settings;
        this.ids = ids;
        this.opener = opener;
        this.timer = timer;
        this.backoff = new Backoff(settings.timing().retry(), settings.timing().mostRetry());
        this.order = new SynchronizationContext(
                (thread, failure) -> log.error("cluster {}: an event could not be handled", name, failure));
        this.configs = local.configs();
        for (Resource resource : Resource.values()) {
            mirrors.put(resource, new Mirror(name, local.mirror(name, resource)));
        }
    }

    String name() {
        return name;
    }

    Map<Resource, Mirror> mirrors() {
        return mirrors;
    }

    /** Completes when everything was mirrored once, or no connection came about in the time that is given for that. */
    CompletableFuture<Void> settled() {
        return settled;
    }

    /** Begins. */
    void start() {
        CompletableFuture.allOf(mirrors.values().stream().map(Mirror::synced).toArray(CompletableFuture[]::new))
                .thenRun(() -> settled.complete(null));
        order.execute(() -> {
            order.schedule(this::doNotWait, settings.perClusterReadyTimeout().toNanos(), TimeUnit.NANOSECONDS, timer);
            connect();
        });
    }

    private void doNotWait() {
        if (!everConnected && settled.complete(null)) {
            log.warn("cluster {}: no connection yet; readiness does not wait for it", name);
        }
    }

    /** The configuration or a certificate has changed: begins anew with them. */
    void reconnect() {
        order.execute(() -> {
            if (!closed) {
                log.info("cluster {}: the configuration has changed; connecting anew", name);
                disconnect();
                failedInRow = 0;
                connect();
            }
        });
    }

    /** Ends. What was mirrored stays where it is, until its lease runs out. */
    CompletableFuture<Void> close() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        order.execute(() -> {
            closed = true;
            disconnect();
            configs.close();
            mirrors.values().forEach(Mirror::close);
            settled.complete(null);
            done.complete(null);
        });
        return done;
    }

    private void connect() {
        if (retry != null) {
            retry.cancel();
            retry = null;
        }
        if (closed) {
            return;
        }
        Kvstore remote;
        try {
            remote = opener.open(file);
        } catch (IOException | RuntimeException e) {
            failedInRow = Math.min(failedInRow, OPEN_RETRIES);
            failed(reason(e));
            return;
        }
        connection = new Connection(remote);
        connection.begin();
    }

    private void disconnect() {
        if (connection != null) {
            connection.end();
            connection = null;
        }
        connected = false;
        complete = false;
        config = Optional.empty();
        mirrors.values().forEach(Mirror::notFollowed);
    }

    /** The connection is no good: another one, after a while. */
    private void failed(String reason) {
        boolean lost = connected;
        disconnect();
        failedInRow++;
        if (lost) {
            failures++;
            lastFailure = Optional.of(Instant.now());
        }
        if (!reason.equals(problem) || lost) {
            log.warn("cluster {}: {}; trying again", name, reason);
        }
        problem = reason;
        retry = order.schedule(this::connect, backoff.millisAfter(failedInRow), TimeUnit.MILLISECONDS, timer);
    }

    private static String reason(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof TimeoutException) {
            return "no answer in time";
        }
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.toString() : message;
    }

    RemoteStatus status() {
        Optional<RemoteStatus.Config> said = config;
        Map<Resource, RemoteStatus.Followed> resources = new EnumMap<>(Resource.class);
        boolean all = complete;
        for (Map.Entry<Resource, Mirror> entry : mirrors.entrySet()) {
            Mirror mirror = entry.getValue();
            resources.put(entry.getKey(), new RemoteStatus.Followed(mirror.entries(), mirror.isFollowed()));
            all &= mirror.isFollowed() || !isExpected(entry.getKey(), said);
        }
        return new RemoteStatus(
                name, connected, connected && all, line(), said, failures, lastFailure, Map.copyOf(resources));
    }

    private static boolean isExpected(Resource resource, Optional<RemoteStatus.Config> said) {
        return resource != Resource.SERVICE_EXPORTS
                || said.flatMap(RemoteStatus.Config::retrieved)
                        .flatMap(ClusterConfig::serviceExports)
                        .isPresent();
    }

    /** The line that Cilium's client gives for a store whose endpoints it does not ask. */
    private String line() {
        if (!connected) {
            return "Waiting for initial connection to be established" + (problem.isEmpty() ? "" : ": " + problem);
        }
        return "etcd: 1/1 connected, leases=0, lock leases=0, has-quorum=true: endpoint status checks are disabled, ID: "
                + Long.toHexString(connectedId) + (problem.isEmpty() ? "" : "; " + problem);
    }

    /** One connection, from the first try to its end. */
    private final class Connection {
        private final Kvstore remote;
        private final List<Kvstore.Follow> follows = new ArrayList<>();
        private final long begun = System.nanoTime();
        private final Set<Resource> awaited = EnumSet.noneOf(Resource.class);
        private ScheduledHandle tick;
        private ClusterConfig retrieved;
        private long configAsked;
        private int configTries;
        private long nextCheck;
        private volatile boolean ended;
        private volatile long lockedId;

        Connection(Kvstore remote) {
            this.remote = remote;
        }

        void begin() {
            follows.add(remote.follow(HEARTBEAT, new Kvstore.Follower() {
                @Override
                public void put(Kvstore.Pair pair) {
                    lastHeard = System.nanoTime();
                }

                @Override
                public void deleted(String key) {}

                @Override
                public void listed(long revision) {
                    long id = remote.clusterId();
                    order.execute(() -> isThere(id));
                }

                @Override
                public void failed(Throwable cause) {
                    order.execute(() -> trouble(cause));
                }
            }));
            tick();
        }

        /** Whether this connection still is the one, and still leads to the store that it was made to. */
        boolean isValid() {
            if (ended) {
                return false;
            }
            long locked = lockedId;
            // When it is another store, the next tick ends this connection.
            return locked == 0 || remote.clusterId() == locked;
        }

        private void checkId() {
            if (!ended && lockedId != 0 && remote.clusterId() != lockedId) {
                fail("its store is another one now (cluster id " + Long.toHexString(remote.clusterId()) + " instead of "
                        + Long.toHexString(lockedId) + ")");
                // nothing is wrong with it: no reason to wait long
                failedInRow = 0;
            }
        }

        private void fail(String reason) {
            if (!ended) {
                failed(reason);
            }
        }

        private void trouble(Throwable cause) {
            if (!ended && !connected) {
                String reason = reason(cause);
                if (!reason.equals(problem)) {
                    log.warn("cluster {}: {}; trying again", name, reason);
                }
                problem = reason;
            }
        }

        private void isThere(long id) {
            if (ended || connected) {
                return;
            }
            lockedId = id;
            connectedId = id;
            lastHeard = System.nanoTime();
            connected = true;
            everConnected = true;
            problem = "";
            log.info("cluster {}: connected, cluster id of its store {}", name, Long.toHexString(id));
            config = Optional.of(new RemoteStatus.Config(Optional.empty()));
            configAsked = System.nanoTime();
            readConfig();
        }

        private void readConfig() {
            if (ended) {
                return;
            }
            remote.get(ClusterConfig.PREFIX + name)
                    .orTimeout(settings.timing().configTry().toNanos(), TimeUnit.NANOSECONDS)
                    .whenComplete((pair, failure) -> order.execute(() -> configRead(pair, failure)));
        }

        private void configRead(Optional<Kvstore.Pair> pair, Throwable failure) {
            if (ended) {
                return;
            }
            checkId();
            if (ended) {
                return;
            }
            String wrong;
            if (failure != null) {
                wrong = reason(failure);
            } else if (pair.isEmpty()) {
                wrong = "not found; is the cluster's name right, and does it publish itself?";
            } else {
                try {
                    use(ClusterConfig.parse(pair.get().value()));
                    return;
                } catch (IllegalArgumentException e) {
                    wrong = e.getMessage();
                }
            }
            problem = ClusterConfig.PREFIX + name + ": " + wrong;
            if (retrieved != null) {
                // It was there before; it is looked at again in a while, and what is mirrored stays.
                return;
            }
            if (System.nanoTime() - configAsked
                    > settings.timing().configTotal().toNanos()) {
                fail(problem);
                return;
            }
            configTries++;
            long wait = new Backoff(CONFIG_RETRY, settings.timing().mostRetry()).millisAfter(configTries);
            order.schedule(this::readConfig, wait, TimeUnit.MILLISECONDS, timer);
        }

        private void use(ClusterConfig read) {
            problem = "";
            if (read.equals(retrieved)) {
                return;
            }
            if (retrieved != null) {
                fail("its configuration has changed from " + retrieved.toJson().toStringUtf8() + " to "
                        + read.toJson().toStringUtf8());
                return;
            }
            Optional<String> refused = refusal(read);
            if (refused.isPresent()) {
                fail(refused.get());
                return;
            }
            retrieved = read;
            config = Optional.of(new RemoteStatus.Config(Optional.of(read)));
            configs.upsert(name, read.mirrored().toJson());
            configs.check(name);
            awaited.addAll(EnumSet.allOf(Resource.class));
            if (read.serviceExports().isEmpty()) {
                awaited.remove(Resource.SERVICE_EXPORTS);
                mirrors.get(Resource.SERVICE_EXPORTS).nothingThere();
            }
            complete = true;
            nextCheck = System.nanoTime() + settings.timing().configCheck().toNanos();
            if (read.syncedCanaries()) {
                followSynced();
            } else {
                EnumSet.copyOf(awaited).forEach(this::follow);
            }
        }

        private Optional<String> refusal(ClusterConfig read) {
            if (settings.maxConnectedClusters() != 255
                    && read.maxConnectedClusters() != settings.maxConnectedClusters()) {
                return Optional.of("its mesh has max-connected-clusters " + read.maxConnectedClusters() + ", this one "
                        + settings.maxConnectedClusters());
            }
            return ids.take(read.id(), name);
        }

        /** A kind of entries is read once its key says that it is complete: before, all of it would seem deleted. */
        private void followSynced() {
            String prefix = SYNCED + name + "/";
            follows.add(remote.follow(prefix, new Kvstore.Follower() {
                @Override
                public void put(Kvstore.Pair pair) {
                    if (isValid()) {
                        String synced = pair.key().substring(prefix.length());
                        order.execute(() -> isSynced(synced));
                    }
                }

                @Override
                public void deleted(String key) {}

                @Override
                public void listed(long revision) {}

                @Override
                public void failed(Throwable cause) {
                    log.debug("cluster {}: {}", name, prefix, cause);
                }
            }));
        }

        private void isSynced(String syncedName) {
            for (Resource resource : Resource.values()) {
                if (!ended && resource.syncedName(retrieved.cached()).equals(syncedName)) {
                    follow(resource);
                }
            }
        }

        private void follow(Resource resource) {
            if (awaited.remove(resource)) {
                String prefix = resource.remotePrefix(name, retrieved.cached());
                follows.add(remote.follow(prefix, mirrors.get(resource).follower(prefix, this::isValid)));
                failedInRow = 0;
            }
        }

        /** Looks after what no event tells. */
        private void tick() {
            if (ended) {
                return;
            }
            checkId();
            long now = System.nanoTime();
            KvstoreMeshConfig.Timing timing = settings.timing();
            if (ended) {
                return;
            }
            if (!connected) {
                if (now - begun > timing.connect().toNanos()) {
                    fail(problem.isEmpty() ? "no connection" : problem);
                    return;
                }
            } else if (now - lastHeard > timing.heartbeat().toNanos()) {
                fail("no heartbeat for " + Duration.ofNanos(now - lastHeard).toSeconds() + " s");
                return;
            } else if (retrieved != null && now - nextCheck > 0) {
                nextCheck = now + timing.configCheck().toNanos();
                configs.check(name);
                readConfig();
            }
            tick = order.schedule(this::tick, TICK.toMillis(), TimeUnit.MILLISECONDS, timer);
        }

        void end() {
            ended = true;
            if (tick != null) {
                tick.cancel();
            }
            follows.forEach(Kvstore.Follow::close);
            remote.close();
        }
    }
}
