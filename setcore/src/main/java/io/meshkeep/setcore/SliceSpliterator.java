package io.meshkeep.setcore;

import java.util.Comparator;
import java.util.Objects;
import java.util.Spliterator;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/** Elements by index, in ascending order, which split into halves. */
final class SliceSpliterator<E> implements Spliterator<E> {
    private final IntFunction<? extends E> elements;
    private final Comparator<? super E> order;
    private final int to;
    private int from;

    SliceSpliterator(IntFunction<? extends E> elements, Comparator<? super E> order, int from, int to) {
        this.elements = elements;
        this.order = order;
        this.from = from;
        this.to = to;
    }

    @Override
    public boolean tryAdvance(Consumer<? super E> action) {
        Objects.requireNonNull(action, "action");
        if (from == to) {
            return false;
        }
        action.accept(elements.apply(from++));
        return true;
    }

    @Override
    public void forEachRemaining(Consumer<? super E> action) {
        Objects.requireNonNull(action, "action");
        while (from < to) {
            action.accept(elements.apply(from++));
        }
    }

    @Override
    public Spliterator<E> trySplit() {
        int middle = from + (to - from) / 2;
        if (middle == from) {
            return null;
        }
        SliceSpliterator<E> front = new SliceSpliterator<>(elements, order, from, middle);
        from = middle;
        return front;
    }

    @Override
    public long estimateSize() {
        return (long) to - from;
    }

    @Override
    public int characteristics() {
        return SIZED | SUBSIZED | SORTED | ORDERED | DISTINCT | IMMUTABLE | NONNULL;
    }

    /** Null for the natural order, as the contract of spliterators has it. */
    @Override
    public Comparator<? super E> getComparator() {
        return Comparator.naturalOrder().equals(order) ? null : order;
    }
}
