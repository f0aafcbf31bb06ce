package io.meshkeep.store;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Values by range of keys, and all those whose range holds a key: a treap ordered by start and end, each node knowing
 * the largest end below it (Cormen et al., interval trees; Seidel and Aragon for the balance). Single keys and prefixes
 * are ranges like any other. Used by one thread.
 */
final class IntervalIndex<V> {
    private static final class Node<V> {
        final KeyRange range;
        final V value;
        final int priority;
        byte[] maxEnd;
        Node<V> left;
        Node<V> right;

        Node(KeyRange range, V value, int priority) {
            this.range = range;
            this.value = value;
            this.priority = priority;
            this.maxEnd = range.end();
        }
    }

    private final SplittableRandom random = new SplittableRandom(7);
    private Node<V> root;
    private int size;

    int size() {
        return size;
    }

    /** The value of exactly this range, made if it is not there. */
    V computeIfAbsent(KeyRange range, Function<KeyRange, V> maker) {
        for (Node<V> node = root; node != null; ) {
            int order = compare(range, node.range);
            if (order == 0) {
                return node.value;
            }
            node = order < 0 ? node.left : node.right;
        }
        V value = maker.apply(range);
        root = insert(root, new Node<>(range, value, random.nextInt()));
        size++;
        return value;
    }

    void remove(KeyRange range) {
        root = remove(root, range);
    }

    /** Gives every value whose range contains the key. */
    void forEachContaining(byte[] key, Consumer<? super V> action) {
        visit(root, key, action);
    }

    void forEach(Consumer<? super V> action) {
        visitAll(root, action);
    }

    private static <V> void visit(Node<V> node, byte[] key, Consumer<? super V> action) {
        while (node != null && (node.maxEnd == null || Arrays.compareUnsigned(key, node.maxEnd) < 0)) {
            visit(node.left, key, action);
            if (Arrays.compareUnsigned(node.range.start(), key) > 0) {
                return;
            }
            if (node.range.end() == null || Arrays.compareUnsigned(key, node.range.end()) < 0) {
                action.accept(node.value);
            }
            node = node.right;
        }
    }

    private static <V> void visitAll(Node<V> node, Consumer<? super V> action) {
        if (node != null) {
            visitAll(node.left, action);
            action.accept(node.value);
            visitAll(node.right, action);
        }
    }

    private static int compare(KeyRange a, KeyRange b) {
        int order = Arrays.compareUnsigned(a.start(), b.start());
        return order != 0 ? order : compareEnds(a.end(), b.end());
    }

    /** Null is the end after all others. */
    private static int compareEnds(byte[] a, byte[] b) {
        if (a == null || b == null) {
            return a == b ? 0 : a == null ? 1 : -1;
        }
        return Arrays.compareUnsigned(a, b);
    }

    private static <V> Node<V> insert(Node<V> node, Node<V> added) {
        if (node == null) {
            return added;
        }
        if (compare(added.range, node.range) < 0) {
            node.left = insert(node.left, added);
            if (node.left.priority > node.priority) {
                return rotateRight(node);
            }
        } else {
            node.right = insert(node.right, added);
            if (node.right.priority > node.priority) {
                return rotateLeft(node);
            }
        }
        return update(node);
    }

    private Node<V> remove(Node<V> node, KeyRange range) {
        if (node == null) {
            return null;
        }
        int order = compare(range, node.range);
        if (order == 0) {
            size--;
            return join(node.left, node.right);
        }
        if (order < 0) {
            node.left = remove(node.left, range);
        } else {
            node.right = remove(node.right, range);
        }
        return update(node);
    }

    private static <V> Node<V> join(Node<V> left, Node<V> right) {
        if (left == null || right == null) {
            return left == null ? right : left;
        }
        if (left.priority > right.priority) {
            left.right = join(left.right, right);
            return update(left);
        }
        right.left = join(left, right.left);
        return update(right);
    }

    private static <V> Node<V> rotateRight(Node<V> node) {
        Node<V> top = node.left;
        node.left = top.right;
        top.right = update(node);
        return update(top);
    }

    private static <V> Node<V> rotateLeft(Node<V> node) {
        Node<V> top = node.right;
        node.right = top.left;
        top.left = update(node);
        return update(top);
    }

    private static <V> Node<V> update(Node<V> node) {
        byte[] max = node.range.end();
        if (node.left != null && compareEnds(node.left.maxEnd, max) > 0) {
            max = node.left.maxEnd;
        }
        if (node.right != null && compareEnds(node.right.maxEnd, max) > 0) {
            max = node.right.maxEnd;
        }
        node.maxEnd = max;
        return node;
    }
}
