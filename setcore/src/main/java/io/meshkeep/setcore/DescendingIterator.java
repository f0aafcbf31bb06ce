package io.meshkeep.setcore;

import java.util.Iterator;
import java.util.NoSuchElementException;

/** All elements of a tree from the last to the first. */
final class DescendingIterator<E> implements Iterator<E> {
    private final LeafWalk walk;
    private Object[] leaf;
    private int leftInLeaf;
    private int left;

    DescendingIterator(Node root) {
        left = root.size();
        walk = left == 0 ? null : new LeafWalk(root, left - 1);
        if (walk != null) {
            enter();
        }
    }

    @Override
    public boolean hasNext() {
        return left > 0;
    }

    @Override
    @SuppressWarnings("unchecked")
    public E next() {
        if (left == 0) {
            throw new NoSuchElementException("no element before the first");
        }
        if (leftInLeaf == 0) {
            walk.previous();
            enter();
        }
        left--;
        return (E) leaf[--leftInLeaf];
    }

    private void enter() {
        leaf = walk.elements();
        leftInLeaf = leaf.length;
    }
}
