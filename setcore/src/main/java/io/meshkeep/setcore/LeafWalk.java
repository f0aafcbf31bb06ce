package io.meshkeep.setcore;

/** A position at one leaf of a tree, from which the neighbouring leaves are reached in amortised constant time. */
final class LeafWalk {
    private final Inner[] path;
    private final int[] branches;
    private Object[] elements;
    private final int startOffset;

    /** Starts at the leaf that holds the element of this rank, or at the end of the last one if there is none. */
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
        startOffset = left;
    }

    /** The elements of the leaf; not to be modified. */
    Object[] elements() {
        return elements;
    }

    /** Where in the first leaf the element is whose rank was asked for. */
    int startOffset() {
        return startOffset;
    }

    /** Moves to the next leaf. Returns false, and stays, if there is none. */
    boolean next() {
        return leaveForward(0);
    }

    /** Moves to the previous leaf. Returns false, and stays, if there is none. */
    boolean previous() {
        int level = path.length - 1;
        while (level >= 0 && branches[level] == 0) {
            level--;
        }
        if (level < 0) {
            return false;
        }
        branches[level]--;
        for (int below = level + 1; below < path.length; below++) {
            path[below] = (Inner) path[below - 1].children[branches[below - 1]];
            branches[below] = path[below].width() - 1;
        }
        enter();
        return true;
    }

    /**
     * How much of what comes next, from the beginning of the two leaves on, is one and the same in both trees: the
     * number of levels that the shared subtree is above the leaves (0 for the leaves alone), or -1 if not even the
     * leaves are the same.
     */
    static int sharedLevels(LeafWalk one, LeafWalk other) {
        if (one.elements != other.elements) {
            return -1;
        }
        int levels = 0;
        int oneLevel = one.path.length - 1;
        int otherLevel = other.path.length - 1;
        while (oneLevel >= 0
                && otherLevel >= 0
                && one.path[oneLevel] == other.path[otherLevel]
                && one.branches[oneLevel] == 0) {
            levels++;
            oneLevel--;
            otherLevel--;
        }
        return levels;
    }

    /**
     * Moves to the first leaf after the subtree that is this many levels above the present leaf. Returns false, and
     * stays, if there is none.
     */
    boolean leaveForward(int levels) {
        int level = path.length - 1 - levels;
        while (level >= 0 && branches[level] + 1 == path[level].width()) {
            level--;
        }
        if (level < 0) {
            return false;
        }
        branches[level]++;
        for (int below = level + 1; below < path.length; below++) {
            path[below] = (Inner) path[below - 1].children[branches[below - 1]];
            branches[below] = 0;
        }
        enter();
        return true;
    }

    private void enter() {
        int lowest = path.length - 1;
        elements = ((Leaf) path[lowest].children[branches[lowest]]).elements;
    }
}
