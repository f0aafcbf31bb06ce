package io.meshkeep.setcore;

import java.util.Comparator;

/**
 * One batch of ascending elements being merged into a tree. The batch is divided among the children by their bounds,
 * down to the leaves; only nodes that really change are built anew.
 */
final class Merge {
    /** What an element of the batch does to the set. */
    private enum Mode {
        /** Removes the equal element where the flags say so, else inserts, or replaces the equal element. */
        UPDATE,
        /** Inserts where there is no equal element. */
        INSERT,
        /** Removes the equal element, or inserts where there is none. */
        TOGGLE,
        /** Removes the equal element. */
        REMOVE,
        /** Keeps the equal element, where all that is not kept goes. */
        RETAIN
    }

    private final Shape shape;
    private final Balancer balancer;
    private final Comparator<Object> order;
    private final Mode mode;
    private final Object[] elements;
    private final boolean[] remove;
    /** For the elements of the batch that fall into the leaf at hand: where they are in it, or would be. */
    private final int[] positions;

    private Merge(Shape shape, Comparator<Object> order, Mode mode, Object[] elements, boolean[] remove, int count) {
        this.shape = shape;
        this.balancer = new Balancer(shape);
        this.order = order;
        this.mode = mode;
        this.elements = elements;
        this.remove = remove;
        this.positions = new int[count];
    }

    /** The root after inserting, replacing and, where {@code remove} is not null and says so, removing. */
    static Node update(
            Node root, Shape shape, Comparator<Object> order, Object[] elements, boolean[] remove, int count) {
        return new Merge(shape, order, Mode.UPDATE, elements, remove, count).run(root, count);
    }

    /** The root after inserting those elements of the batch that have no equal. */
    static Node insert(Node root, Shape shape, Comparator<Object> order, Object[] elements, int count) {
        return new Merge(shape, order, Mode.INSERT, elements, null, count).run(root, count);
    }

    /** The root after removing the equals of the batch, and inserting those elements of it that have none. */
    static Node toggle(Node root, Shape shape, Comparator<Object> order, Object[] elements, int count) {
        return new Merge(shape, order, Mode.TOGGLE, elements, null, count).run(root, count);
    }

    /** The root after removing all elements that have an equal in the batch. */
    static Node remove(Node root, Shape shape, Comparator<Object> order, Object[] elements, int count) {
        return new Merge(shape, order, Mode.REMOVE, elements, null, count).run(root, count);
    }

    /** The root after removing all elements that have no equal in the batch. */
    static Node retain(Node root, Shape shape, Comparator<Object> order, Object[] elements, int count) {
        return new Merge(shape, order, Mode.RETAIN, elements, null, count).run(root, count);
    }

    private Node run(Node root, int count) {
        if (count == 0) {
            return mode == Mode.RETAIN ? Leaf.EMPTY : root;
        }
        Node merged = apply(root, 0, count);
        return merged == root ? root : balancer.balanceRoot(merged);
    }

    private boolean removes(int change, boolean present) {
        return mode == Mode.REMOVE || (mode == Mode.TOGGLE && present) || (remove != null && remove[change]);
    }

    /** The node with changes {@code [from, to)} made: the same one if nothing changes, and maybe out of bounds. */
    private Node apply(Node node, int from, int to) {
        if (node instanceof Inner inner) {
            return applyToInner(inner, from, to);
        }
        Leaf leaf = (Leaf) node;
        return mode == Mode.RETAIN ? retainInLeaf(leaf, from, to) : applyToLeaf(leaf, from, to);
    }

    private Node applyToInner(Inner inner, int from, int to) {
        boolean retain = mode == Mode.RETAIN;
        int width = inner.width();
        Row row = null;
        int done = 0;
        int change = from;
        while (change < to) {
            int child = childFor(inner, done, change, to);
            int next = child + 1 == width ? to : firstChangeFrom(inner.firsts[child + 1], change, to, width - child);
            Node before = inner.children[child];
            Node after = apply(before, change, next);
            if (row == null && (after != before || (retain && child > done))) {
                row = new Row(shape, width);
                row.addChildren(inner, 0, done);
            }
            if (row != null) {
                if (!retain) {
                    row.addChildren(inner, done, child);
                }
                if (after == before) {
                    row.addChildren(inner, child, child + 1);
                } else {
                    row.add(after);
                }
            }
            done = child + 1;
            change = next;
        }
        if (row == null) {
            if (!retain || done == width) {
                return inner;
            }
            row = new Row(shape, done);
            row.addChildren(inner, 0, done);
        }
        if (!retain) {
            row.addChildren(inner, done, width);
        }
        return balancer.balance(row).toNode();
    }

    /** The child from {@code fromChild} on within whose bounds the change falls. */
    private int childFor(Inner inner, int fromChild, int change, int to) {
        int width = inner.width();
        if (fromChild + 1 >= width) {
            return width - 1;
        }
        int stride = (width - fromChild) / (2 * Math.min(to - change, width));
        int found = Search.gallop(inner.firsts, fromChild + 1, width, elements[change], order, stride);
        return found >= 0 ? found : ~found - 1;
    }

    /** The first of the changes {@code [from, to)} that is not before {@code bound}; the first of them is before it. */
    private int firstChangeFrom(Object bound, int from, int to, int childrenLeft) {
        if (from + 1 == to) {
            return to;
        }
        int found = Search.gallop(elements, from + 1, to, bound, order, (to - from) / childrenLeft);
        return found >= 0 ? found : ~found;
    }

    /** Finds where the changes fall in the leaf. Returns how many of them have an equal element there. */
    private int locate(Object[] old, int from, int to) {
        int found = 0;
        int low = 0;
        for (int change = from; change < to; change++) {
            int stride = (old.length - low) / (2 * (to - change));
            int position = Search.gallop(old, low, old.length, elements[change], order, stride);
            positions[change] = position;
            if (position >= 0) {
                found++;
                low = position + 1;
            } else {
                low = ~position;
            }
        }
        return found;
    }

    private Node retainInLeaf(Leaf leaf, int from, int to) {
        Object[] old = leaf.elements;
        int found = locate(old, from, to);
        if (found == old.length) {
            return leaf;
        }
        if (found == 0) {
            return Leaf.EMPTY;
        }
        Object[] retained = new Object[found];
        int filled = 0;
        for (int change = from; change < to; change++) {
            if (positions[change] >= 0) {
                retained[filled++] = old[positions[change]];
            }
        }
        return new Leaf(retained);
    }

    private Node applyToLeaf(Leaf leaf, int from, int to) {
        Object[] old = leaf.elements;
        locate(old, from, to);
        boolean changed = false;
        int size = old.length;
        for (int change = from; change < to; change++) {
            int position = positions[change];
            if (position < 0) {
                if (!removes(change, false)) {
                    size++;
                    changed = true;
                }
            } else if (removes(change, true)) {
                size--;
                changed = true;
            } else if (mode != Mode.INSERT && old[position] != elements[change]) {
                changed = true;
            }
        }
        if (!changed) {
            return leaf;
        }
        if (size == 0) {
            return Leaf.EMPTY;
        }
        Object[] merged = new Object[size];
        int read = 0;
        int written = 0;
        for (int change = from; change < to; change++) {
            int position = positions[change];
            boolean present = position >= 0;
            boolean removes = removes(change, present);
            if (!present && removes) {
                continue;
            }
            int untouched = (present ? position : ~position) - read;
            System.arraycopy(old, read, merged, written, untouched);
            read += untouched;
            written += untouched;
            if (present) {
                read++;
            }
            if (!removes) {
                merged[written++] = present && mode == Mode.INSERT ? old[position] : elements[change];
            }
        }
        System.arraycopy(old, read, merged, written, old.length - read);
        return new Leaf(merged);
    }
}
