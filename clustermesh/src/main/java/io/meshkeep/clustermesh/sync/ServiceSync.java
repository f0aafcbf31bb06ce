package io.meshkeep.clustermesh.sync;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.meshkeep.clustermesh.kvstore.SyncStore;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * Services with their backends: one key for a service and the endpoint slices that are labelled with its name. A service
 * that never had a slice has no key; one whose slices are gone has no backends.
 */
final class ServiceSync {
    private static final String SERVICE_NAME = "kubernetes.io/service-name";

    /** Control plane components that elect their leader by such objects, which Cilium leaves out. */
    private static final Set<String> LEFT_OUT = Set.of("kube-scheduler", "kube-controller-manager");

    private final SyncStore store;
    private final Cluster cluster;
    private final boolean sharedOnly;
    private final Map<String, ServiceView> services = new HashMap<>();
    /** The backends by service and slice; of a service whose slices are all gone an empty map. */
    private final Map<String, TreeMap<String, Backends>> slices = new HashMap<>();

    private final Map<String, String> serviceBySlice = new HashMap<>();
    private final Set<String> written = new HashSet<>();
    /** What has changed before all was listed. */
    private final Set<String> changedBefore = new HashSet<>();

    private boolean servicesListed;
    private boolean slicesListed;

    /** @param sharedOnly whether services that other clusters may not use are left out */
    ServiceSync(SyncStore store, Cluster cluster, boolean sharedOnly) {
        this.store = store;
        this.cluster = cluster;
        this.sharedOnly = sharedOnly;
    }

    ObjectSync<Service> services() {
        return new ObjectSync<>() {
            @Override
            public void put(String key, Service service) {
                set(key, ServiceView.of(service));
            }

            @Override
            public void delete(String key) {
                set(key, null);
            }

            @Override
            public void listed() {
                ServiceSync.this.listed(true);
            }
        };
    }

    /** @param view null if there is none any more, or Cilium ignores it */
    private synchronized void set(String key, ServiceView view) {
        if (LEFT_OUT.contains(key.substring(key.indexOf('/') + 1))) {
            return;
        }
        ServiceView before = view == null ? services.remove(key) : services.put(key, view);
        if (!Objects.equals(before, view)) {
            changed(key);
        }
    }

    ObjectSync<EndpointSlice> slices() {
        return new ObjectSync<>() {
            @Override
            public void put(String key, EndpointSlice slice) {
                set(key, serviceOf(slice), Backends.of(slice));
            }

            @Override
            public void delete(String key) {
                set(key, null, null);
            }

            @Override
            public void listed() {
                ServiceSync.this.listed(false);
            }
        };
    }

    /** The key of the service that it is of; null if it is of none. */
    private static String serviceOf(EndpointSlice slice) {
        Map<String, String> labels = slice.getMetadata().getLabels();
        String name = labels == null ? null : labels.get(SERVICE_NAME);
        return name == null ? null : slice.getMetadata().getNamespace() + "/" + name;
    }

    /** @param service null if the slice is gone, or of no service; {@code backends} then do not matter */
    private synchronized void set(String key, String service, Backends backends) {
        String before = service == null ? serviceBySlice.remove(key) : serviceBySlice.put(key, service);
        if (before != null && !before.equals(service)) {
            slices.get(before).remove(key);
            changed(before);
        }
        if (service != null) {
            Backends old =
                    slices.computeIfAbsent(service, id -> new TreeMap<>()).put(key, backends);
            if (!backends.equals(old)) {
                changed(service);
            }
        }
    }

    private void changed(String key) {
        if (servicesListed && slicesListed) {
            write(key);
        } else {
            // half of its slices would make a value that was never true, over one of an earlier process that is
            changedBefore.add(key);
        }
    }

    private void write(String key) {
        ServiceView service = services.get(key);
        TreeMap<String, Backends> of = slices.get(key);
        if (of != null && of.isEmpty() && service == null) {
            slices.remove(key);
        }
        String name = cluster.name() + "/" + key;
        if (service == null || sharedOnly && !service.shared() || of == null) {
            if (written.remove(key)) {
                store.delete(name);
            }
            return;
        }
        if (of.isEmpty() && !written.contains(key)) {
            return;
        }
        written.add(key);
        store.upsert(name, Values.service(service, Backends.merged(of.values()), cluster));
    }

    private synchronized void listed(boolean ofServices) {
        servicesListed |= ofServices;
        slicesListed |= !ofServices;
        if (servicesListed && slicesListed) {
            changedBefore.forEach(this::write);
            changedBefore.clear();
            store.synced();
        }
    }
}
