package io.meshkeep.store.mesh;

import java.util.Comparator;
import java.util.List;

/**
 * A service of a cluster as other clusters see it, or the export of one by the multi-cluster services API.
 *
 * @param export whether it is an export
 * @param cluster the cluster in the key
 * @param shared whether its backends are offered to other clusters
 * @param includeExternal whether it takes backends of other clusters
 * @param frontends addresses under which it is reached
 * @param backends addresses behind it
 * @param type the kind of an exported service, in Kubernetes' words; empty otherwise
 */
public record Service(
        Scope scope,
        boolean export,
        String cluster,
        String namespace,
        String name,
        boolean shared,
        boolean includeExternal,
        List<String> frontends,
        List<String> backends,
        String type,
        long revision)
        implements MeshEntry {
    static final Comparator<Service> ORDER = Service::compare;

    private static int compare(Service a, Service b) {
        int c = a.comparePlace(b.scope, b.cluster, b.namespace, b.name, b.export);
        return c != 0 ? c : Long.compare(a.revision, b.revision);
    }

    /** Compares with the place of any entry of the same key. */
    int comparePlace(Scope otherScope, String otherCluster, String otherNamespace, String otherName, boolean exported) {
        int c = scope.compareTo(otherScope);
        if (c == 0) {
            c = Order.compare(cluster, otherCluster);
        }
        if (c == 0) {
            c = Order.compare(namespace, otherNamespace);
        }
        if (c == 0) {
            c = Order.compare(name, otherName);
        }
        return c != 0 ? c : Boolean.compare(export, exported);
    }

    @Override
    public String key() {
        return (scope.cached() ? "cilium/cache/" : "cilium/state/")
                + (export ? "serviceexports/v1/" : "services/v1/")
                + cluster
                + "/"
                + namespace
                + "/"
                + name;
    }

    @Override
    public long heapBytes() {
        return 200L + name.length() + 60L * (frontends.size() + backends.size());
    }
}
