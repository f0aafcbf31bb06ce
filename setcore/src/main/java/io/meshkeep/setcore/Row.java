package io.meshkeep.setcore;

import java.util.Arrays;

/**
 * Sibling nodes being gathered into an inner node. A row knows which of its nodes are outside of the bounds, and it
 * carries what inner nodes already know of their children, so that children which are merely passed on are never read.
 */
final class Row {
    private final Shape shape;
    private Node[] nodes;
    private Object[] firsts;
    private int[] ends;
    private boolean[] unfit;
    private int count;

    Row(Shape shape, int capacity) {
        this.shape = shape;
        nodes = new Node[capacity];
        firsts = new Object[capacity];
        ends = new int[capacity];
    }

    int count() {
        return count;
    }

    Node node(int index) {
        return nodes[index];
    }

    boolean hasUnfit() {
        return unfit != null;
    }

    boolean isUnfit(int index) {
        return unfit != null && index < unfit.length && unfit[index];
    }

    /** Adds a node that may be out of bounds; an empty one is left out. */
    void add(Node node) {
        if (node.size() == 0) {
            return;
        }
        if (!shape.fits(node)) {
            if (unfit == null || unfit.length <= count) {
                unfit = unfit == null ? new boolean[nodes.length + 1] : Arrays.copyOf(unfit, 2 * count + 1);
            }
            unfit[count] = true;
        }
        reserve(1);
        nodes[count] = node;
        firsts[count] = node.first();
        ends[count] = Math.addExact(size(), node.size());
        count++;
    }

    /** Adds the children {@code [from, to)} of a node, which are known to be within bounds. */
    void addChildren(Inner source, int from, int to) {
        add(source.children, source.firsts, source.ends, from, to);
    }

    /** Adds the nodes {@code [from, to)} of another row, which are known to be within bounds. */
    void addNodes(Row source, int from, int to) {
        add(source.nodes, source.firsts, source.ends, from, to);
    }

    private void add(Node[] otherNodes, Object[] otherFirsts, int[] otherEnds, int from, int to) {
        int length = to - from;
        if (length == 0) {
            return;
        }
        reserve(length);
        System.arraycopy(otherNodes, from, nodes, count, length);
        System.arraycopy(otherFirsts, from, firsts, count, length);
        int shift = size() - (from == 0 ? 0 : otherEnds[from - 1]);
        Math.addExact(shift, otherEnds[to - 1]);
        for (int i = 0; i < length; i++) {
            ends[count + i] = otherEnds[from + i] + shift;
        }
        count += length;
    }

    /** An inner node of all nodes gathered, however many, or the empty node; the row must not be used afterwards. */
    Node toNode() {
        if (count == 0) {
            return Leaf.EMPTY;
        }
        if (count == nodes.length) {
            return new Inner(nodes, firsts, ends);
        }
        return new Inner(Arrays.copyOf(nodes, count), Arrays.copyOf(firsts, count), Arrays.copyOf(ends, count));
    }

    private int size() {
        return count == 0 ? 0 : ends[count - 1];
    }

    private void reserve(int more) {
        if (count + more > nodes.length) {
            int capacity = Math.max(count + more, count + count / 2 + 4);
            nodes = Arrays.copyOf(nodes, capacity);
            firsts = Arrays.copyOf(firsts, capacity);
            ends = Arrays.copyOf(ends, capacity);
        }
    }
}
