package io.meshkeep.store.mesh;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A sorted set that only some questions need. It takes in changes as they come, and merges them when it is asked for, or
 * when there are {@link #MAX_PENDING}: the more at once, the less each costs, since neighbours share the search and the
 * copy of their chunk. One that can be made from another set of the index is given up when nobody asks for it while an
 * {@linkplain #GIVE_UP_SHARE eighth} of it changes: whoever asks then waits for it to be sorted anew, once, which keeps it
 * for as long as it is asked for. Thread-safe.
 */
final class LateSet<E> {
    /** Changes beyond which they are not left to whoever asks: two or three milliseconds' work. */
    static final int MAX_PENDING = 2048;

    /** Sorting all is dearer than merging some, so it must spare many merges to pay. */
    static final int GIVE_UP_SHARE = 8;

    /** What a set is made from: the one before, and what left it and came to it, each place at most once. */
    private record Pending<E>(LateSet<E> before, List<E> removed, List<E> added) {}

    private record Change<E>(E element, boolean remove) {}

    /** What all that follow upon one another share. */
    private static final class Use {
        /** Whether anybody has asked since changes were last merged of our own accord. Races over it only cost time. */
        private volatile boolean asked;
    }

    private final Comparator<? super E> order;
    private final Use use;
    private volatile ChunkedSortedSet<E> set;
    /** Null once the set is there, so that nothing older is held on to; and if the set has been given up. */
    private volatile Pending<E> pending;

    /** The set that all pending changes come after; null like them. */
    private volatile ChunkedSortedSet<E> past;

    private final int count;

    /** One that is there, or, with a null set, one that is given up. */
    private LateSet(Comparator<? super E> order, Use use, ChunkedSortedSet<E> set) {
        this.order = order;
        this.use = use;
        this.set = set;
        this.count = 0;
    }

    private LateSet(LateSet<E> before, List<E> removed, List<E> added) {
        ChunkedSortedSet<E> known = before.set;
        this.order = before.order;
        this.use = before.use;
        this.pending = new Pending<>(before, removed, added);
        this.past = known != null ? known : before.past();
        this.count = removed.size() + added.size() + (known != null ? 0 : before.count);
    }

    static <E> LateSet<E> of(ChunkedSortedSet<E> set) {
        return new LateSet<>(set.order(), new Use(), set);
    }

    /**
     * This set after a change; of a place from which one element goes and to which another comes, the latter stays.
     *
     * @param all every element after the change, in another order, or null if there is nothing to make the set from
     */
    LateSet<E> after(List<E> removed, List<E> added, Iterable<E> all) {
        if (removed.isEmpty() && added.isEmpty()) {
            return this;
        }
        if (isGivenUp()) {
            LateSet<E> next = new LateSet<>(order, use, null);
            if (use.asked) {
                // for an older one: whoever asked is likely to ask for this one too
                next.get(all);
            }
            return next;
        }
        LateSet<E> next = new LateSet<>(this, removed, added);
        if (next.count < MAX_PENDING) {
            return next;
        }
        if (all == null || use.asked) {
            next.settled(all);
            use.asked = false;
        } else if (next.count >= next.past().size() / GIVE_UP_SHARE) {
            return new LateSet<>(order, use, null);
        }
        return next;
    }

    private boolean isGivenUp() {
        // in this order: what is pending goes when the set is there
        return pending == null && set == null;
    }

    /**
     * The set.
     *
     * @param all every element of it, as for {@link #after}
     */
    ChunkedSortedSet<E> get(Iterable<E> all) {
        if (!use.asked) {
            use.asked = true;
        }
        return settled(all);
    }

    private ChunkedSortedSet<E> settled(Iterable<E> all) {
        ChunkedSortedSet<E> known = set;
        if (known != null) {
            return known;
        }
        synchronized (this) {
            if (set == null) {
                set = pending == null ? sorted(all) : merged();
                pending = null;
                past = null;
            }
            return set;
        }
    }

    /** A set that was, not long ago: for finding what is likely to be still there, at no cost. Null if it is given up. */
    ChunkedSortedSet<E> past() {
        ChunkedSortedSet<E> before = past;
        ChunkedSortedSet<E> known = set;
        return known != null ? known : before;
    }

    private ChunkedSortedSet<E> sorted(Iterable<E> all) {
        List<E> elements = new ArrayList<>();
        all.forEach(elements::add);
        elements.sort(order);
        return ChunkedSortedSet.ofSorted(order, elements);
    }

    private ChunkedSortedSet<E> merged() {
        // the newest first: of several changes at one place it is the one that counts
        List<Change<E>> changes = new ArrayList<>(count);
        LateSet<E> late = this;
        ChunkedSortedSet<E> from = null;
        while (from == null) {
            Pending<E> missing = late.pending;
            if (missing == null) {
                from = late.set;
                continue;
            }
            missing.added.forEach(element -> changes.add(new Change<>(element, false)));
            missing.removed.forEach(element -> changes.add(new Change<>(element, true)));
            late = missing.before;
            from = late.set;
        }
        changes.sort((a, b) -> order.compare(a.element, b.element));
        return apply(changes, from);
    }

    @SuppressWarnings("unchecked")
    private static <E> ChunkedSortedSet<E> apply(List<Change<E>> changes, ChunkedSortedSet<E> to) {
        E[] elements = (E[]) new Object[changes.size()];
        boolean[] remove = new boolean[elements.length];
        int n = 0;
        for (Change<E> change : changes) {
            if (n == 0 || to.order().compare(elements[n - 1], change.element) != 0) {
                elements[n] = change.element;
                remove[n++] = change.remove;
            }
        }
        return to.update(elements, remove, n);
    }
}
