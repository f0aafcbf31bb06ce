package io.meshkeep.setcore;

/**
 * Brings the nodes of a row back within their bounds by cutting each one that is too wide or too narrow again together
 * with its neighbours.
 *
 * <p>Three nodes at a time, where there are three, keep the tree fuller than the usual split in two and merge of two:
 * what comes out is never less than about five eighths full, and it takes many changes to make it unfit again.
 */
final class Balancer {
    private final Shape shape;

    Balancer(Shape shape) {
        this.shape = shape;
    }

    /**
     * The same entries in nodes within bounds. If that is impossible because all of the row together is too narrow, one
     * narrow node remains, to be dealt with by the owner of the row or to become the root.
     */
    Row balance(Row row) {
        boolean canImprove = row.hasUnfit() && (row.count() > 1 || row.node(0).width() > shape.max(row.node(0)));
        return canImprove ? cutUnfit(row) : row;
    }

    private Row cutUnfit(Row row) {
        int count = row.count();
        boolean[] cutAgain = withNeighbours(row);
        Row target = new Row(shape, count);
        int from = 0;
        while (from < count) {
            int to = from + 1;
            while (to < count && cutAgain[to] == cutAgain[from]) {
                to++;
            }
            if (cutAgain[from]) {
                cut(row, from, to, target);
            } else {
                target.addNodes(row, from, to);
            }
            from = to;
        }
        return target;
    }

    /**
     * The root over nodes within bounds. Inner nodes are left some room: were they full, each first change below one of
     * them would cut nodes again all the way up.
     */
    Node stack(Row row) {
        Row level = row;
        while (level.count() > shape.innerMax()) {
            Row parents = new Row(shape, level.count() / shape.innerMax() + 1);
            cut(level, false, parents);
            level = parents;
        }
        return level.count() == 1 ? level.node(0) : level.toNode();
    }

    /** Adds inner nodes over all nodes of a row to another. */
    private void cut(Row children, boolean packed, Row target) {
        int start = 0;
        for (int length : Shape.cut(children.count(), shape.innerMax(), packed)) {
            Row piece = new Row(shape, length);
            piece.addNodes(children, start, start + length);
            target.add(piece.toNode());
            start += length;
        }
    }

    /** Cuts a root that is too wide, as often as needed, and takes away roots with one child. */
    Node balanceRoot(Node root) {
        Node balanced = root;
        while (true) {
            if (balanced.width() > shape.max(balanced)) {
                Row row = new Row(shape, 1);
                row.add(balanced);
                balanced = balance(row).toNode();
            } else if (balanced instanceof Inner inner && inner.width() == 1) {
                balanced = inner.children[0];
            } else {
                return balanced;
            }
        }
    }

    private static boolean[] withNeighbours(Row row) {
        int count = row.count();
        boolean[] marked = new boolean[count];
        for (int i = 0; i < count; i++) {
            if (row.isUnfit(i)) {
                int from = Math.max(0, Math.min(i - 1, count - 3));
                int to = Math.min(count, Math.max(i + 2, 3));
                for (int j = from; j < to; j++) {
                    marked[j] = true;
                }
            }
        }
        return marked;
    }

    private void cut(Row row, int from, int to, Row target) {
        Node last = row.node(to - 1);
        // A last node that overflows is most likely being appended to.
        boolean packed = to == row.count() && last.width() > shape.max(last);
        if (last instanceof Leaf) {
            cutLeaves(row, from, to, packed, target);
        } else {
            cutInners(row, from, to, packed, target);
        }
    }

    private void cutLeaves(Row row, int from, int to, boolean packed, Row target) {
        int total = 0;
        for (int i = from; i < to; i++) {
            total = Math.addExact(total, row.node(i).width());
        }
        int source = from;
        int offset = 0;
        for (int length : Shape.cut(total, shape.leafMax(), packed)) {
            if (offset == 0 && row.node(source).width() == length) {
                target.add(row.node(source++));
                continue;
            }
            Object[] elements = new Object[length];
            int filled = 0;
            while (filled < length) {
                Object[] available = ((Leaf) row.node(source)).elements;
                int moved = Math.min(length - filled, available.length - offset);
                System.arraycopy(available, offset, elements, filled, moved);
                filled += moved;
                offset += moved;
                if (offset == available.length) {
                    source++;
                    offset = 0;
                }
            }
            target.add(new Leaf(elements));
        }
    }

    private void cutInners(Row row, int from, int to, boolean packed, Row target) {
        Row children = new Row(shape, (to - from) * shape.innerMax());
        for (int i = from; i < to; i++) {
            Inner inner = (Inner) row.node(i);
            if (inner.width() == 1) {
                // An only child had no sibling to be balanced with; now it has.
                children.add(inner.children[0]);
            } else {
                children.addChildren(inner, 0, inner.width());
            }
        }
        cut(balance(children), packed, target);
    }
}
