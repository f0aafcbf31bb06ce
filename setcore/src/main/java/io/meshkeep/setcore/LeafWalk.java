package io.meshkeep.setcore;

/** A position at one leaf of a tree, from which the neighbouring leaves are reached in amortised constant time. */
final class LeafWalk {
    private final Inner[] path;
    private final int[] branches;
    private Object[] elements;
    private int offset;

    /** Starts at the leaf that holds the element of this rank; the tree must not be empty. */
    LeafWalk(Node root, int rank) {
        int depth = 0;
        for (Node node = root; node instanceof Inner inner; node = inner.children[0]) {
            depth++;
        }
        path = new Inner[depth];
        branches = new int[depth];
        Node node = root;
        int left = rank;
        for (int level = 0; level < depth; level++) {
            Inner inner = (Inner) node;
            int branch = inner.childHolding(left);
            left -= inner.start(branch);
            path[level] = inner;
            branches[level] = branch;
            node = inner.children[branch];
        }
        elements = ((Leaf) node).elements;
        offset = left;
    }

    /** The elements of the leaf; not to be modified. */
    Object[] elements() {
        return elements;
    }

    /** Where in the first leaf the element is whose rank was asked for. */
    int offset() {
        return offset;
    }

    /** Moves to the next leaf, which must exist. */
    void next() {
        int level = path.length - 1;
        while (branches[level] + 1 == path[level].width()) {
            level--;
        }
        branches[level]++;
        for (int below = level + 1; below < path.length; below++) {
            path[below] = (Inner) path[below - 1].children[branches[below - 1]];
            branches[below] = 0;
        }
        enter();
    }

    /** Moves to the previous leaf, which must exist. */
    void previous() {
        int level = path.length - 1;
        while (branches[level] == 0) {
            level--;
        }
        branches[level]--;
        for (int below = level + 1; below < path.length; below++) {
            path[below] = (Inner) path[below - 1].children[branches[below - 1]];
            branches[below] = path[below].width() - 1;
        }
        enter();
    }

    private void enter() {
        int lowest = path.length - 1;
        elements = ((Leaf) path[lowest].children[branches[lowest]]).elements;
    }
}
