package io.meshkeep.setcore;

/** Elements, strictly ascending. */
final class Leaf extends Node {
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
