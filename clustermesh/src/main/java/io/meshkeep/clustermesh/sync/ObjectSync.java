package io.meshkeep.clustermesh.sync;

/** Is told of the objects of one kind, by one thread at a time. */
interface ObjectSync<T> {
    /** An object is there, or is another than it was. */
    void put(T object);

    void delete(T object);

    /** All objects of the first list have been told. Told again after later lists. */
    void listed();
}
