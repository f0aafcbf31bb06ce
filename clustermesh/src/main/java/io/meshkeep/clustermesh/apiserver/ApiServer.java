package io.meshkeep.clustermesh.apiserver;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.meshkeep.clustermesh.http.MonitoringPorts;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import io.meshkeep.clustermesh.kvstore.LeasePool;
import io.meshkeep.clustermesh.kvstore.RateLimit;
import io.meshkeep.clustermesh.kvstore.SyncStore;
import io.meshkeep.clustermesh.sync.ControlKeys;
import io.meshkeep.clustermesh.sync.Synchronisation;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.StartException;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process of {@code meshkeep clustermesh}, once it knows what it is to do: the store, or the way to another, what is
 * kept in it, and the ports that say how that goes. Closing it ends all of it in the opposite order.
 */
public final class ApiServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ApiServer.class);

    private final ApiServerOptions options;
    private final Instant begun = Instant.now();
    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private final List<Part> parts = new CopyOnWriteArrayList<>();
    private final PrometheusRegistry metrics = new PrometheusRegistry();
    private Optional<MeshkeepServer> store = Optional.empty();
    private Synchronisation synchronisation;
    private ControlKeys control;
    /** Guards what is set while it starts, which probes ask for already. */
    private volatile boolean started;

    private volatile Optional<Duration> bootstrap = Optional.empty();
    private Optional<InetSocketAddress> health = Optional.empty();
    private Optional<InetSocketAddress> metricsAddress = Optional.empty();

    private ApiServer(ApiServerOptions options) {
        this.options = options;
    }

    /**
     * Starts everything. When this returns the ports are open; that all is synchronised takes longer ({@link #isReady}).
     *
     * @param storeConfig of the store in this process; not used if the options name another
     * @throws IOException with one line for the user
     * @throws StartException the same, of the store
     */
    public static ApiServer start(ApiServerOptions options, ServerConfig storeConfig, List<Part.Factory> factories)
            throws IOException, StartException {
        ApiServer server = new ApiServer(options);
        try {
            server.begin(storeConfig, factories);
            return server;
        } catch (IOException | StartException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private void begin(ServerConfig storeConfig, List<Part.Factory> factories) throws IOException, StartException {
        // first the ports, so that probes are answered while the rest starts
        MonitoringPorts http = new MonitoringPorts();
        running.push(http);
        if (options.healthPort().isPresent()) {
            health = Optional.of(
                    http.health(new InetSocketAddress(options.healthPort().getAsInt()), this::isReady));
            log.info("/readyz is served on port {}", health.get().getPort());
        }
        ChannelKvstore kvstore = kvstore(storeConfig);
        running.push(kvstore);
        LeasePool leases = new LeasePool(kvstore, options.leaseTtl(), LeasePool.MAX_KEYS);
        running.push(leases);
        control = ControlKeys.start(kvstore, leases, options.cluster());
        running.push(control);
        if (store.isEmpty() && options.usersFile().isPresent()) {
            running.push(RemoteUsers.follow(kvstore, options.usersFile().get()));
        }
        KubernetesClient kubernetes = Kubernetes.client(options.kubeconfig(), options.kubernetesUrl());
        log.info("Kubernetes is at {}", kubernetes.getMasterUrl());
        running.push(kubernetes);
        boolean own = store.isPresent();
        RateLimit rate = new RateLimit(own ? 0 : options.limits().bootstrapPerSecond());
        synchronisation = Synchronisation.start(
                kubernetes,
                kvstore,
                leases,
                new Synchronisation.Settings(
                        options.cluster(),
                        options.endpointSlices(),
                        options.externalWorkloads(),
                        options.serviceExports(),
                        options.serviceProxyName(),
                        own ? SyncStore.Settings.IN_FLIGHT : options.limits().inFlight(),
                        rate));
        running.push(synchronisation);
        synchronisation.synced().thenRun(() -> bootstrapped(rate, own));
        for (Part.Factory factory : factories) {
            factory.start(new Part.Context(options, kvstore, kubernetes, metrics))
                    .ifPresent(part -> {
                        parts.add(part);
                        running.push(part);
                    });
        }
        started = true;
        ApiServerMetrics.register(metrics, this);
        if (options.metricsAddress().isPresent()) {
            metricsAddress = Optional.of(http.metrics(
                    MonitoringPorts.address(options.metricsAddress().get()), metrics));
            log.info("/metrics is served on port {}", metricsAddress.get().getPort());
        }
    }

    private ChannelKvstore kvstore(ServerConfig storeConfig) throws IOException, StartException {
        if (options.etcdConfig().isPresent()) {
            EtcdConfig config = EtcdConfig.read(options.etcdConfig().get());
            log.info("the etcd at {} is used", config.endpoints());
            return ChannelKvstore.connect(config);
        }
        ServerConfig.Builder config = storeConfig.toBuilder().trustInProcess(true);
        options.usersFile().ifPresent(config::usersFile);
        MeshkeepServer server = MeshkeepServer.start(config.build());
        running.push(server);
        store = Optional.of(server);
        FirstUsers.ensure(server.store(), storeConfig, options.cluster().name(), options.externalWorkloads());
        return ChannelKvstore.embedded(server);
    }

    private void bootstrapped(RateLimit rate, boolean own) {
        Duration took = Duration.between(begun, Instant.now());
        bootstrap = Optional.of(took);
        if (!own) {
            rate.change(options.limits().perSecond());
        }
        log.info("everything is synchronised after {} ms", took.toMillis());
    }

    /** Whether all kinds of keys are written in full, and no part needs more time. */
    public boolean isReady() {
        return started
                && synchronisation.isSynced()
                && control.published().isDone()
                && parts.stream().allMatch(Part::isReady);
    }

    ApiServerOptions options() {
        return options;
    }

    List<SyncStore> stores() {
        return synchronisation.stores();
    }

    Instant lastHeartbeat() {
        return control.lastHeartbeat();
    }

    /** How long it took until everything was synchronised; empty until then. */
    Optional<Duration> bootstrap() {
        return bootstrap;
    }

    /** The store in this process, if it is here. */
    public Optional<MeshkeepServer> store() {
        return store;
    }

    /** Where probes are answered. */
    public Optional<InetSocketAddress> healthAddress() {
        return health;
    }

    /** Where metrics are served. */
    public Optional<InetSocketAddress> metricsAddress() {
        return metricsAddress;
    }

    @Override
    public void close() {
        while (!running.isEmpty()) {
            try {
                running.pop().close();
            } catch (Exception e) {
                log.warn("something did not close cleanly", e);
            }
        }
    }
}
