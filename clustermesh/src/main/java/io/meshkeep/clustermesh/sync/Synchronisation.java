package io.meshkeep.clustermesh.sync;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceList;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Listable;
import io.fabric8.kubernetes.client.dsl.ServiceResource;
import io.fabric8.kubernetes.client.dsl.Watchable;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.LeasePool;
import io.meshkeep.clustermesh.kvstore.RateLimit;
import io.meshkeep.clustermesh.kvstore.SyncStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Keeps the keys of one cluster as its Kubernetes objects are: lists and watches them, turns them into values, and has
 * these written. A kind of which there is no custom resource definition yet is waited for.
 */
public final class Synchronisation implements AutoCloseable {
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
    private final List<Reflector<?>> reflectors = new ArrayList<>();

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
                "CiliumIdentity",
                kubernetes.resources(CiliumIdentity.class),
                new IdentitySync(store("cilium/state/identities/v1/id", "cilium/state/identities/v1")));
        follow(
                "CiliumNode",
                kubernetes.resources(CiliumNode.class),
                new NodeSync(store("cilium/state/nodes/v1", "cilium/state/nodes/v1"), cluster));
        EndpointSync endpoints = new EndpointSync(store("cilium/state/ip/v1/default", "cilium/state/ip/v1"));
        if (settings.endpointSlices()) {
            follow("CiliumEndpointSlice", kubernetes.resources(CiliumEndpointSlice.class), endpoints.slices());
        } else {
            follow(
                    "CiliumEndpoint",
                    kubernetes.resources(CiliumEndpoint.class).inAnyNamespace(),
                    endpoints.endpoints());
        }
        ServiceSync services = new ServiceSync(
                store("cilium/state/services/v1", "cilium/state/services/v1"), cluster, !settings.allServices());
        follow(
                "EndpointSlice",
                kubernetes.resources(EndpointSlice.class).inAnyNamespace().withoutLabel(MANAGED_BY, MESH_CONTROLLER),
                services.slices());
        SyncStore exportStore = store("cilium/state/serviceexports/v1", "cilium/state/serviceexports/v1");
        if (settings.serviceExports()) {
            ExportSync exports = new ExportSync(exportStore, cluster);
            follow("Service", servicesOfCilium(), both(services.services(), exports.services()));
            follow("ServiceExport", kubernetes.resources(ServiceExport.class).inAnyNamespace(), exports.exports());
        } else {
            follow("Service", servicesOfCilium(), services.services());
            exportStore.synced();
        }
    }

    private FilterWatchListDeletable<Service, ServiceList, ServiceResource<Service>> servicesOfCilium() {
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

    private <T extends HasMetadata, L extends KubernetesResourceList<T>, K extends Listable<L> & Watchable<T>>
            void follow(String kind, K objects, ObjectSync<T> sync) {
        reflectors.add(Reflector.start(kind, objects, sync));
    }

    private static <T> ObjectSync<T> both(ObjectSync<T> first, ObjectSync<T> second) {
        return new ObjectSync<>() {
            @Override
            public void put(String key, T object) {
                first.put(key, object);
                second.put(key, object);
            }

            @Override
            public void delete(String key) {
                first.delete(key);
                second.delete(key);
            }

            @Override
            public void listed() {
                first.listed();
                second.listed();
            }
        };
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
        reflectors.forEach(Reflector::close);
        stores.forEach(SyncStore::close);
    }
}
