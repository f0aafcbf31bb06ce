package io.meshkeep.setcore;

import java.util.Comparator;
import java.util.NoSuchElementException;

/**
 * Moves over the elements that only one of two sets has, in their common order. It starts before the first one, and finds
 * each when it is asked for: what is not looked at costs nothing, and neither do the chunks that both sets share. For one
 * thread.
 *
 * @param <E> the type of the elements
 */
public final class Differences<E> {
    private final Lockstep.Side one;
    private final Lockstep.Side other;
    private final Comparator<Object> order;
    private E current;
    private boolean ofFirst;

    Differences(Node first, int firstRank, Node second, int secondRank, Comparator<Object> order) {
        this.one = new Lockstep.Side(first, firstRank);
        this.other = new Lockstep.Side(second, secondRank);
        this.order = order;
    }

    /** Moves to the next element. Returns false, and goes on doing so, when there is none. */
    public boolean advance() {
        while (!one.ended || !other.ended) {
            if (!one.ended && !other.ended && Lockstep.skipShared(one, other)) {
                continue;
            }
            int comparison = one.ended ? 1 : other.ended ? -1 : order.compare(one.element(), other.element());
            if (comparison == 0) {
                one.step();
                other.step();
                continue;
            }
            ofFirst = comparison < 0;
            take(ofFirst ? one : other);
            return true;
        }
        current = null;
        return false;
    }

    @SuppressWarnings("unchecked")
    private void take(Lockstep.Side side) {
        current = (E) side.element();
        side.step();
    }

    /**
     * The element moved to last.
     *
     * @throws NoSuchElementException if this is before the first element or after the last
     */
    public E element() {
        if (current == null) {
            throw new NoSuchElementException("there is no difference here");
        }
        return current;
    }

    /** Whether the {@link #element} is one of the first set, and not of the second. */
    public boolean isOfFirst() {
        element();
        return ofFirst;
    }
}
