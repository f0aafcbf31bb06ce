package io.meshkeep.store.mesh;

/**
 * Where a key was written: by the cluster that the store belongs to ({@code cilium/state/}), or as the copy of another
 * cluster's key ({@code cilium/cache/}). Identity numbers and IP addresses are unique within a scope only. The own cluster
 * is first in order, the others follow by name.
 */
public final class Scope implements Comparable<Scope> {
    /** The cluster that the store belongs to. */
    public static final Scope LOCAL = new Scope(false, "");

    private final boolean cached;
    private final Name cluster;

    private Scope(boolean cached, String cluster) {
        this.cached = cached;
        this.cluster = new Name(cluster);
    }

    /** The scope of the copies of a cluster's keys. */
    public static Scope cached(String cluster) {
        return new Scope(true, cluster);
    }

    /** Whether the keys are copies. */
    public boolean cached() {
        return cached;
    }

    /** The cluster that they are copies of; empty for the own cluster, whose keys do not all tell its name. */
    public String cluster() {
        return cluster.text();
    }

    @Override
    @SuppressWarnings("ReferenceEquality")
    public int compareTo(Scope other) {
        if (this == other) {
            return 0;
        }
        return cached != other.cached ? (cached ? 1 : -1) : cluster.compareTo(other.cluster);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Scope that && cached == that.cached && cluster.equals(that.cluster);
    }

    @Override
    public int hashCode() {
        return cluster.hashCode();
    }

    @Override
    public String toString() {
        return cached ? "cached " + cluster : "local";
    }
}
