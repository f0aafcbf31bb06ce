package io.meshkeep.clustermesh.sync;

/**
 * Is told of the objects of one kind, by one thread at a time. An object's key is its namespace and name with a slash
 * between them, or its name alone where its kind has no namespaces.
 */
interface ObjectSync<T> {
    /** An object is there, or is another than it was. */
    void put(String key, T object);

    void delete(String key);

    /** All objects of the first list have been told. Told again after later lists. */
    void listed();
}
