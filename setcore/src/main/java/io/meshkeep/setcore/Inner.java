package io.meshkeep.setcore;

/**
 * Children of equal height with what is needed to choose among them without reading them.
 *
 * <p>{@code firsts[i]} is the very first element of {@code children[i]} and not merely some separator: a separator that
 * outlives its element would keep replaced elements from being collected.
 */
final class Inner extends Node {
    final Node[] children;
    final Object[] firsts;
    /** {@code ends[i]}: how many elements the children up to and including {@code i} hold. */
    final int[] ends;

    Inner(Node[] children, Object[] firsts, int[] ends) {
        this.children = children;
        this.firsts = firsts;
        this.ends = ends;
    }

    @Override
    int size() {
        return ends[ends.length - 1];
    }

    @Override
    int width() {
        return children.length;
    }

    @Override
    Object first() {
        return firsts[0];
    }

    /** The rank within this subtree of the first element of child {@code index}. */
    int start(int index) {
        return index == 0 ? 0 : ends[index - 1];
    }

    /** The index of the child that holds the element of this rank; the last child for a rank past the end. */
    int childHolding(int rank) {
        int low = 0;
        int high = ends.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ends[middle] > rank) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
