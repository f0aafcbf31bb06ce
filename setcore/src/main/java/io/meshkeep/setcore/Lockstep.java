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
        this.one = new Side(one);
        this.other = new Side(other);
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
        if (one.offset != 0 || other.offset != 0) {
            return false;
        }
        int levels = LeafWalk.sharedLevels(one.walk, other.walk);
        if (levels < 0) {
            return false;
        }
        one.skip(levels);
        other.skip(levels);
        return true;
    }

    /** The next element of one of the trees. */
    private static final class Side {
        private final LeafWalk walk;
        private Object[] leaf;
        private int offset;
        private boolean ended;

        Side(Node root) {
            walk = new LeafWalk(root, 0);
            leaf = walk.elements();
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
