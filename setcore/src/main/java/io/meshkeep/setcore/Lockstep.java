package io.meshkeep.setcore;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Two non-empty trees read side by side in ascending order. Subtrees that both share are skipped without being read, so
 * that comparing two versions of one set costs about as much as what lies between them.
 */
final class Lockstep {
    private final Side one;
    private final Side other;

    private Lockstep(Node one, Node other) {
        this.one = new Side(one, 0);
        this.other = new Side(other, 0);
    }

    /**
     * The elements of the first tree that have no equal in the second.
     *
     * @param identical whether only the very same element counts as equal
     */
    static Object[] unmatched(Node first, Node second, Comparator<Object> order, boolean identical) {
        return new Lockstep(first, second).unmatched(order, identical);
    }

    /** Whether two trees of the same size have elements that are pairwise {@link Object#equals equal}. */
    static boolean pairwiseEqual(Node first, Node second) {
        return new Lockstep(first, second).pairwiseEqual();
    }

    private Object[] unmatched(Comparator<Object> order, boolean identical) {
        Object[] unmatched = new Object[16];
        int count = 0;
        while (!one.ended) {
            boolean take;
            if (other.ended) {
                take = true;
            } else if (skipShared()) {
                continue;
            } else {
                int comparison = order.compare(one.element(), other.element());
                if (comparison > 0) {
                    other.step();
                    continue;
                }
                take = comparison < 0 || (identical && one.element() != other.element());
                if (comparison == 0) {
                    other.step();
                }
            }
            if (take) {
                if (count == unmatched.length) {
                    unmatched = Arrays.copyOf(unmatched, count + (count >> 1));
                }
                unmatched[count++] = one.element();
            }
            one.step();
        }
        return Arrays.copyOf(unmatched, count);
    }

    private boolean pairwiseEqual() {
        while (!one.ended) {
            if (skipShared()) {
                continue;
            }
            if (!one.element().equals(other.element())) {
                return false;
            }
            one.step();
            other.step();
        }
        return true;
    }

    private boolean skipShared() {
        return skipShared(one, other);
    }

    /** Moves both sides on past what comes next in both, as far as they share the chunks that hold it. */
    static boolean skipShared(Side one, Side other) {
        if (one.offset != other.offset) {
            return false;
        }
        int levels = LeafWalk.sharedLevels(one.walk, other.walk);
        if (levels < 0) {
            return false;
        }
        // from within a leaf on it is the leaf alone: the subtree above it began with what was read before
        one.skip(one.offset == 0 ? levels : 0);
        other.skip(other.offset == 0 ? levels : 0);
        return true;
    }

    /** The next element of one of the trees. */
    static final class Side {
        private final LeafWalk walk;
        private Object[] leaf;
        private int offset;
        boolean ended;

        Side(Node root, int rank) {
            walk = new LeafWalk(root, rank);
            leaf = walk.elements();
            offset = walk.startOffset();
            ended = offset == leaf.length;
        }

        Object element() {
            return leaf[offset];
        }

        void step() {
            offset++;
            if (offset == leaf.length) {
                skip(0);
            }
        }

        void skip(int levels) {
            ended = !walk.leaveForward(levels);
            leaf = walk.elements();
            offset = 0;
        }
    }
}
