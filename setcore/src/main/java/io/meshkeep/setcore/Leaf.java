package io.meshkeep.setcore;

/** Elements, strictly ascending. */
final class Leaf extends Node {
    /** Not in {@link Node}: two threads that first touch the two classes could then wait for each other for ever. */
    static final Leaf EMPTY = new Leaf(new Object[0]);

    final Object[] elements;

    Leaf(Object[] elements) {
        this.elements = elements;
    }

    @Override
    int size() {
        return elements.length;
    }

    @Override
    int width() {
        return elements.length;
    }

    @Override
    Object first() {
        return elements[0];
    }
}
