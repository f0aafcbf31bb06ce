package io.meshkeep.store.mesh;

/**
 * Where a key was written: by the cluster that the store belongs to ({@code cilium/state/}), or as the copy of another
 * cluster's key ({@code cilium/cache/}). Identity numbers and IP addresses are unique within a scope only.
 *
 * @param cached whether the key is a copy
 * @param cluster the cluster that it is a copy of; empty for the own cluster, whose keys do not all tell its name
 */
public record Scope(boolean cached, String cluster) implements Comparable<Scope> {
    /** The cluster that the store belongs to. */
    public static final Scope LOCAL = new Scope(false, "");

    @Override
    @SuppressWarnings("ReferenceEquality")
    public int compareTo(Scope other) {
        if (this == other) {
            return 0;
        }
        return cached != other.cached ? (cached ? 1 : -1) : Order.compare(cluster, other.cluster);
    }
}
