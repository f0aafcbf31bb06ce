package io.meshkeep.clustermesh.sync;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.LeasePool;
import io.meshkeep.clustermesh.kvstore.RateLimit;
import io.meshkeep.clustermesh.kvstore.SyncStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the keys of one cluster as its Kubernetes objects are: lists and watches them, turns them into values, and has
 * these written. A kind of which there is no custom resource definition yet is waited for.
 */
public final class Synchronisation implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Synchronisation.class);

    private static final String PROXY_NAME = "service.kubernetes.io/service-proxy-name";
    private static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
    /** Cilium's own controller, which writes slices of other clusters' backends. */
    private static final String MESH_CONTROLLER = "endpointslice-mesh-controller.cilium.io";

    /**
     * What is synchronised.
     *
     * @param endpointSlices whether endpoints are read from CiliumEndpointSlices, not from CiliumEndpoints
     * @param allServices whether services that are not shared are there as well, which external workloads need
     * @param serviceExports whether there are service exports; without them their keys count as synchronised
     * @param serviceProxyName which services are Cilium's, by their label; empty for those without the label
     * @param inFlight how many writes of each kind may be without answer
     * @param rate limit of all writes together
     */
    public record Settings(
            Cluster cluster,
            boolean endpointSlices,
            boolean allServices,
            boolean serviceExports,
            String serviceProxyName,
            int inFlight,
            RateLimit rate) {
        /** Cilium's defaults, as fast as the store is. */
        public static Settings of(Cluster cluster) {
            return new Settings(cluster, false, false, false, "", SyncStore.Settings.IN_FLIGHT, RateLimit.none());
        }
    }

    private static final List<Class<? extends SlimObject>> KINDS = List.of(
            CiliumIdentity.class,
            CiliumNode.class,
            CiliumEndpoint.class,
            CiliumEndpointSlice.class,
            ServiceExport.class);

    private final KubernetesClient kubernetes;
    private final Kvstore kvstore;
    private final LeasePool leases;
    private final Settings settings;
    private final List<SyncStore> stores = new ArrayList<>();
    private final List<SharedIndexInformer<?>> informers = new ArrayList<>();
    private volatile boolean closed;

    private Synchronisation(KubernetesClient kubernetes, Kvstore kvstore, LeasePool leases, Settings settings) {
        this.kubernetes = kubernetes;
        this.kvstore = kvstore;
        this.leases = leases;
        this.settings = settings;
    }

    /** Begins, and returns at once. The client, the store and the leases stay the caller's. */
    public static Synchronisation start(
            KubernetesClient kubernetes, Kvstore kvstore, LeasePool leases, Settings settings) {
        Synchronisation all = new Synchronisation(kubernetes, kvstore, leases, settings);
        all.begin();
        return all;
    }

    private void begin() {
        // lists and events name their objects' kinds, which have to be known then
        for (Class<? extends SlimObject> kind : KINDS) {
            kubernetes.getKubernetesSerialization().registerKubernetesResource(kind);
        }
        Cluster cluster = settings.cluster();
        follow(
                kubernetes.resources(CiliumIdentity.class),
                new IdentitySync(store("cilium/state/identities/v1/id", "cilium/state/identities/v1")));
        follow(
                kubernetes.resources(CiliumNode.class),
                new NodeSync(store("cilium/state/nodes/v1", "cilium/state/nodes/v1"), cluster));
        EndpointSync endpoints = new EndpointSync(store("cilium/state/ip/v1/default", "cilium/state/ip/v1"));
        if (settings.endpointSlices()) {
            follow(kubernetes.resources(CiliumEndpointSlice.class), endpoints.slices());
        } else {
            follow(kubernetes.resources(CiliumEndpoint.class).inAnyNamespace(), endpoints.endpoints());
        }
        ServiceSync services = new ServiceSync(
                store("cilium/state/services/v1", "cilium/state/services/v1"), cluster, !settings.allServices());
        SharedIndexInformer<Service> informer = informer(servicesOfCilium());
        informer.addEventHandler(new Handler<>(services.services()));
        follow(
                kubernetes.resources(EndpointSlice.class).inAnyNamespace().withoutLabel(MANAGED_BY, MESH_CONTROLLER),
                services.slices());
        SyncStore exportStore = store("cilium/state/serviceexports/v1", "cilium/state/serviceexports/v1");
        if (settings.serviceExports()) {
            ExportSync exports = new ExportSync(exportStore, cluster);
            informer.addEventHandler(new Handler<>(exports.services()));
            follow(kubernetes.resources(ServiceExport.class).inAnyNamespace(), exports.exports());
        } else {
            exportStore.synced();
        }
        informer.start();
    }

    private Informable<Service> servicesOfCilium() {
        var all = kubernetes.services().inAnyNamespace();
        return settings.serviceProxyName().isEmpty()
                ? all.withoutLabel(PROXY_NAME)
                : all.withLabel(PROXY_NAME, settings.serviceProxyName());
    }

    private SyncStore store(String prefix, String synced) {
        SyncStore store = SyncStore.start(
                kvstore,
                leases,
                SyncStore.Settings.of(prefix)
                        .withCanary("cilium/synced/" + settings.cluster().name() + "/" + synced)
                        .withInFlight(settings.inFlight())
                        .withRate(settings.rate()));
        stores.add(store);
        return store;
    }

    private <T extends HasMetadata> void follow(Informable<T> objects, ObjectSync<T> sync) {
        SharedIndexInformer<T> informer = informer(objects);
        informer.addEventHandler(new Handler<>(sync));
        informer.start();
    }

    private <T extends HasMetadata> SharedIndexInformer<T> informer(Informable<T> objects) {
        SharedIndexInformer<T> informer = objects.runnableInformer(0);
        informer.exceptionHandler((started, failure) -> {
            if (!closed) {
                log.warn(
                        "{} could not be {}; it is tried again: {}",
                        informer.getApiTypeClass().getSimpleName(),
                        started ? "watched" : "listed",
                        failure.getMessage());
            }
            return !closed;
        });
        informers.add(informer);
        return informer;
    }

    private static final class Handler<T> implements ResourceEventHandler<T> {
        private final ObjectSync<T> sync;

        Handler(ObjectSync<T> sync) {
            this.sync = sync;
        }

        @Override
        public void onAdd(T object) {
            sync.put(object);
        }

        @Override
        public void onUpdate(T before, T now) {
            sync.put(now);
        }

        @Override
        public void onDelete(T object, boolean onlyItsLastKnownState) {
            sync.delete(object);
        }

        @Override
        public void onList(String resourceVersion, boolean remainedEmpty) {
            sync.listed();
        }
    }

    /** What is written, one for each kind of key. */
    public List<SyncStore> stores() {
        return List.copyOf(stores);
    }

    /** Completes when all kinds have been written in full. */
    public CompletableFuture<Void> synced() {
        return CompletableFuture.allOf(
                stores.stream().map(SyncStore::whenSynced).toArray(CompletableFuture<?>[]::new));
    }

    /** Whether all kinds have been written in full. */
    public boolean isSynced() {
        return stores.stream().allMatch(SyncStore::isSynced);
    }

    @Override
    public void close() {
        closed = true;
        informers.forEach(SharedIndexInformer::stop);
        stores.forEach(SyncStore::close);
    }
}
