package io.meshkeep.store.mesh;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A sorted set that only some questions need. It takes in changes as they come, and merges them when it is asked for, or
 * when there are {@link #MAX_PENDING}: the more at once, the less each costs, since neighbours share the search and the
 * copy of their chunk. Thread-safe.
 */
final class LateSet<E> {
    /** Changes beyond which they are not left to whoever asks: two or three milliseconds' work. */
    static final int MAX_PENDING = 2048;

    /** What a set is made from: the one before, and what left it and came to it, each place at most once. */
    private record Pending<E>(LateSet<E> before, List<E> removed, List<E> added) {}

    private record Change<E>(E element, boolean remove) {}

    private volatile ChunkedSortedSet<E> set;
    /** Null once the set is there, so that nothing older is held on to. */
    private volatile Pending<E> pending;

    /** The set that all pending changes come after; null like them. */
    private volatile ChunkedSortedSet<E> past;

    private final int count;

    private LateSet(ChunkedSortedSet<E> set) {
        this.set = set;
        this.count = 0;
    }

    private LateSet(LateSet<E> before, List<E> removed, List<E> added) {
        ChunkedSortedSet<E> known = before.set;
        this.pending = new Pending<>(before, removed, added);
        this.past = before.past();
        this.count = removed.size() + added.size() + (known != null ? 0 : before.count);
    }

    static <E> LateSet<E> of(ChunkedSortedSet<E> set) {
        return new LateSet<>(set);
    }

    /** This set after a change; of a place from which one element goes and to which another comes, the latter stays. */
    LateSet<E> after(List<E> removed, List<E> added) {
        if (removed.isEmpty() && added.isEmpty()) {
            return this;
        }
        LateSet<E> next = new LateSet<>(this, removed, added);
        if (next.count >= MAX_PENDING) {
            next.get();
        }
        return next;
    }

    /** The set. */
    ChunkedSortedSet<E> get() {
        ChunkedSortedSet<E> known = set;
        if (known != null) {
            return known;
        }
        synchronized (this) {
            if (set == null) {
                set = merged();
                pending = null;
                past = null;
            }
            return set;
        }
    }

    /** A set that was, not long ago: for finding what is likely to be still there, at no cost. */
    ChunkedSortedSet<E> past() {
        ChunkedSortedSet<E> before = past;
        ChunkedSortedSet<E> known = set;
        return known != null ? known : before;
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
        Comparator<? super E> order = from.order();
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
