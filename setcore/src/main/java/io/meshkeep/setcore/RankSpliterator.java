package io.meshkeep.setcore;

import java.util.Comparator;
import java.util.Objects;
import java.util.Spliterator;
import java.util.function.Consumer;

/** The elements of a range of ranks, which splits into halves. */
final class RankSpliterator<E> implements Spliterator<E> {
    private final ChunkedSortedSet<E> set;
    private final int toRank;
    private int fromRank;
    /** Before the element of rank {@code fromRank}; null until an element is taken, since most parts are split first. */
    private ChunkedSortedSet.Cursor<E> cursor;

    RankSpliterator(ChunkedSortedSet<E> set, int fromRank, int toRank) {
        this.set = set;
        this.fromRank = fromRank;
        this.toRank = toRank;
    }

    @Override
    public boolean tryAdvance(Consumer<? super E> action) {
        Objects.requireNonNull(action, "action");
        if (fromRank == toRank) {
            return false;
        }
        ChunkedSortedSet.Cursor<E> elements = cursor();
        elements.advance();
        fromRank++;
        action.accept(elements.element());
        return true;
    }

    @Override
    public void forEachRemaining(Consumer<? super E> action) {
        Objects.requireNonNull(action, "action");
        ChunkedSortedSet.Cursor<E> elements = cursor();
        fromRank = toRank;
        while (elements.advance()) {
            action.accept(elements.element());
        }
    }

    @Override
    public Spliterator<E> trySplit() {
        int middle = fromRank + (toRank - fromRank) / 2;
        if (middle == fromRank) {
            return null;
        }
        RankSpliterator<E> front = new RankSpliterator<>(set, fromRank, middle);
        fromRank = middle;
        cursor = null;
        return front;
    }

    @Override
    public long estimateSize() {
        return (long) toRank - fromRank;
    }

    @Override
    public int characteristics() {
        return SIZED | SUBSIZED | SORTED | ORDERED | DISTINCT | IMMUTABLE | NONNULL;
    }

    @Override
    public Comparator<? super E> getComparator() {
        return set.order();
    }

    private ChunkedSortedSet.Cursor<E> cursor() {
        if (cursor == null) {
            cursor = set.cursor(fromRank, toRank);
        }
        return cursor;
    }
}
