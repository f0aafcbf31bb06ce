package io.meshkeep.setcore;

import java.util.Arrays;

/** Cuts a range of ranks out of a tree; only nodes that the ends of the range lie within are built anew. */
final class Slice {
    private final Balancer balancer;
    private final Shape shape;

    Slice(Shape shape) {
        this.shape = shape;
        this.balancer = new Balancer(shape);
    }

    /** The tree of the elements of rank {@code from} (inclusive) to {@code to} (exclusive). */
    Node of(Node root, int from, int to) {
        Node cut = cut(root, from, to);
        return cut == root ? root : balancer.balanceRoot(cut);
    }

    private Node cut(Node node, int from, int to) {
        if (from == to) {
            return Leaf.EMPTY;
        }
        if (from == 0 && to == node.size()) {
            return node;
        }
        if (node instanceof Leaf leaf) {
            return new Leaf(Arrays.copyOfRange(leaf.elements, from, to));
        }
        Inner inner = (Inner) node;
        int first = inner.childHolding(from);
        int last = inner.childHolding(to - 1);
        Row row = new Row(shape, last - first + 1);
        for (int child : first == last ? new int[] {first} : new int[] {first, last}) {
            int start = inner.start(child);
            Node old = inner.children[child];
            row.add(cut(old, Math.max(0, from - start), Math.min(old.size(), to - start)));
            if (child != last) {
                row.addChildren(inner, first + 1, last);
            }
        }
        return balancer.balance(row).toNode();
    }
}
