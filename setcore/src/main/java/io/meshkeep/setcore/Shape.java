package io.meshkeep.setcore;

/**
 * How wide the chunks of a set may be. Every node but the root holds at least half of its maximum; a root that is an
 * inner node has at least two children.
 *
 * @param leafMax the most elements in a leaf, at least 2
 * @param innerMax the most children of an inner node, at least 4, so that none is left with a single child
 */
record Shape(int leafMax, int innerMax) {
    /**
     * Measured at ten million elements: a single change copies 2.6 KB, and an element costs 4.2 bytes. Half the leaf
     * saves 0.2 KB and costs 0.2 bytes an element; twice the inner node copies 1.2 KB more without saving a level.
     */
    static final Shape STANDARD = new Shape(256, 64);

    Shape {
        if (leafMax < 2 || innerMax < 4) {
            throw new IllegalArgumentException("leafMax " + leafMax + ", innerMax " + innerMax);
        }
    }

    int max(Node node) {
        return node instanceof Leaf ? leafMax : innerMax;
    }

    boolean fits(Node node) {
        int max = max(node);
        return node.width() <= max && node.width() >= max / 2;
    }

    /**
     * The sizes of the pieces into which {@code total} entries are cut, each between half of {@code max} and
     * {@code max} unless {@code total} itself is less than that.
     *
     * @param packed whether all pieces but the last two are full, as suits the end where ascending keys arrive; else
     *     they are even, with some room left in each, so that the next change nearby does not cut them again
     */
    static int[] cut(int total, int max, boolean packed) {
        return packed ? cutPacked(total, max) : cutEven(total, max);
    }

    private static int[] cutPacked(int total, int max) {
        int count = ceilDiv(total, max);
        int[] pieces = new int[count];
        for (int i = 0; i < count; i++) {
            pieces[i] = max;
        }
        int last = total - (count - 1) * max;
        pieces[count - 1] = last;
        if (count > 1 && last < max / 2) {
            pieces[count - 2] = (max + last + 1) / 2;
            pieces[count - 1] = (max + last) / 2;
        }
        return pieces;
    }

    private static int[] cutEven(int total, int max) {
        int roomy = max - max / 16;
        int count = Math.max(1, Math.min(ceilDiv(total, roomy), total / Math.max(1, max / 2)));
        int[] pieces = new int[count];
        int wider = total % count;
        for (int i = 0; i < count; i++) {
            pieces[i] = total / count + (i < wider ? 1 : 0);
        }
        return pieces;
    }

    private static int ceilDiv(int dividend, int divisor) {
        return (dividend - 1) / divisor + 1;
    }
}
