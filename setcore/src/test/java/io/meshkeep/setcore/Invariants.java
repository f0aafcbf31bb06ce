package io.meshkeep.setcore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.Set;

/** Checks what must hold of the tree under every set, and counts its chunks. */
final class Invariants {
    private Invariants() {}

    static <E> void check(ChunkedSortedSet<E> set) {
        Node root = set.root();
        Shape shape = set.shape();
        assertThat(root.width()).as("width of the root").isLessThanOrEqualTo(shape.max(root));
        if (root instanceof Inner) {
            assertThat(root.width()).as("width of an inner root").isGreaterThanOrEqualTo(2);
        }
        @SuppressWarnings("unchecked")
        Comparator<Object> order = (Comparator<Object>) set.order();
        Object[] previous = {null};
        int size = check(root, shape, order, height(root), previous);
        assertThat(set.size()).isEqualTo(size);
    }

    private static int check(Node node, Shape shape, Comparator<Object> order, int height, Object[] previous) {
        if (node instanceof Leaf leaf) {
            assertThat(height).as("height left at a leaf").isZero();
            for (Object element : leaf.elements) {
                if (previous[0] != null && order.compare(previous[0], element) >= 0) {
                    throw new AssertionError(element + " comes after " + previous[0]);
                }
                previous[0] = element;
            }
            return leaf.elements.length;
        }
        Inner inner = (Inner) node;
        assertThat(inner.firsts).hasSameSizeAs(inner.children);
        assertThat(inner.ends).hasSameSizeAs(inner.children);
        int size = 0;
        for (int i = 0; i < inner.children.length; i++) {
            Node child = inner.children[i];
            assertThat(child.width())
                    .as("width of a node below the root")
                    .isBetween(shape.max(child) / 2, shape.max(child));
            assertThat(inner.firsts[i]).as("first element of a child").isSameAs(child.first());
            size += check(child, shape, order, height - 1, previous);
            assertThat(inner.ends[i]).as("end of a child").isEqualTo(size);
        }
        return size;
    }

    static int height(Node root) {
        int height = 0;
        for (Node node = root; node instanceof Inner inner; node = inner.children[0]) {
            height++;
        }
        return height;
    }

    /** The nodes of the tree, told apart by identity. */
    static Set<Node> nodes(ChunkedSortedSet<?> set) {
        Set<Node> nodes = Collections.newSetFromMap(new IdentityHashMap<>());
        collect(set.root(), nodes);
        return nodes;
    }

    private static void collect(Node node, Set<Node> nodes) {
        nodes.add(node);
        if (node instanceof Inner inner) {
            for (Node child : inner.children) {
                collect(child, nodes);
            }
        }
    }

    /** How full the leaves are on average, from 0 to 1. */
    static double fill(ChunkedSortedSet<?> set) {
        long leaves = nodes(set).stream().filter(Leaf.class::isInstance).count();
        return (double) set.size() / (leaves * set.shape().leafMax());
    }
}
