package io.meshkeep.clustermesh.sync;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.meshkeep.clustermesh.kvstore.SyncStore;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Services that a service export of their name makes known to the other clusters. */
final class ExportSync {
    private final SyncStore store;
    private final Cluster cluster;
    private final Map<String, Service> services = new HashMap<>();
    private final Map<String, ServiceExport> exports = new HashMap<>();
    private final Set<String> written = new HashSet<>();
    private boolean servicesListed;
    private boolean exportsListed;

    ExportSync(SyncStore store, Cluster cluster) {
        this.store = store;
        this.cluster = cluster;
    }

    ObjectSync<Service> services() {
        return of(services, true);
    }

    ObjectSync<ServiceExport> exports() {
        return of(exports, false);
    }

    private <T extends HasMetadata> ObjectSync<T> of(Map<String, T> objects, boolean areServices) {
        return new ObjectSync<>() {
            @Override
            public void put(String key, T object) {
                synchronized (ExportSync.this) {
                    objects.put(key, object);
                    changed(key);
                }
            }

            @Override
            public void delete(String key) {
                synchronized (ExportSync.this) {
                    objects.remove(key);
                    changed(key);
                }
            }

            @Override
            public void listed() {
                synchronized (ExportSync.this) {
                    servicesListed |= areServices;
                    exportsListed |= !areServices;
                    if (servicesListed && exportsListed) {
                        store.synced();
                    }
                }
            }
        };
    }

    private void changed(String key) {
        Service service = services.get(key);
        ServiceExport export = exports.get(key);
        String name = cluster.name() + "/" + key;
        if (service == null
                || export == null
                || service.getSpec() == null
                || "ExternalName".equals(service.getSpec().getType())) {
            // what was never written here may be an earlier process' and right, until both are known
            if (written.remove(key)) {
                store.delete(name);
            }
        } else {
            written.add(key);
            store.upsert(name, Values.export(service, export, cluster));
        }
    }
}
