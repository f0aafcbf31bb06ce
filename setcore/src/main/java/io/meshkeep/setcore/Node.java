package io.meshkeep.setcore;

/**
 * A chunk of the tree under a {@link ChunkedSortedSet}: either a leaf of elements or an inner node of children. All
 * leaves are at the same depth. Nodes never change once they are reachable from a set.
 *
 * <p>While an update is under way a node may be wider or narrower than its {@link Shape} allows; whoever owns its
 * siblings then brings it back within bounds ({@link Balancer}).
 */
abstract sealed class Node permits Leaf, Inner {
    /** How many elements the subtree holds. */
    abstract int size();

    /** How many elements a leaf, or children an inner node, holds directly. */
    abstract int width();

    /** The smallest element of the subtree, which must not be empty. */
    abstract Object first();
}
