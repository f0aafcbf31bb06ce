package io.meshkeep.store.mesh;

import java.util.Comparator;
import java.util.List;

/**
 * A node of a cluster, or an external workload that asks to become one.
 *
 * @param registration whether the key is a registration ({@code noderegister}) and not a node of the mesh
 * @param cluster the cluster in the key; of a registration the one in the value, which may be empty
 * @param clusterId the cluster's number; 0 if it has none
 * @param identity the number of the node's identity; 0 if it has none
 * @param source who wrote it, in Cilium's words
 */
public record Node(
        Scope scope,
        boolean registration,
        String cluster,
        String name,
        List<Address> addresses,
        String ipv4Cidr,
        String ipv6Cidr,
        long clusterId,
        long identity,
        String source,
        long revision)
        implements MeshEntry {
    static final Comparator<Node> ORDER = Node::compare;

    /** One address of a node, with Cilium's word for what it is, such as {@code InternalIP}. */
    public record Address(String type, String ip) {}

    private static int compare(Node a, Node b) {
        int c = a.comparePlace(b.scope, b.registration, b.registration ? "" : b.cluster, b.name);
        return c != 0 ? c : Long.compare(a.revision, b.revision);
    }

    /** Compares with the place of any entry of the same key; a registration's key does not hold the cluster. */
    int comparePlace(Scope otherScope, boolean otherRegistration, String otherCluster, String otherName) {
        int c = scope.compareTo(otherScope);
        if (c == 0) {
            c = Boolean.compare(registration, otherRegistration);
        }
        if (c == 0) {
            c = Order.compare(registration ? "" : cluster, otherCluster);
        }
        return c != 0 ? c : Order.compare(name, otherName);
    }

    @Override
    public String key() {
        if (registration) {
            return "cilium/state/noderegister/v1/" + name;
        }
        return (scope.cached() ? "cilium/cache/nodes/v1/" : "cilium/state/nodes/v1/") + cluster + "/" + name;
    }

    @Override
    public long heapBytes() {
        long bytes = 200L + name.length();
        for (Address address : addresses) {
            bytes += 100L + address.ip.length();
        }
        return bytes;
    }
}
