package io.meshkeep.store.mesh;

/** Something that one key of the mesh says. Immutable; of a key there is at most one entry in an index. */
public sealed interface MeshEntry permits Identity, Endpoint, Node, Service {
    /** The key that says it, whole. Two entries are about the same thing if their keys are equal. */
    String key();

    /** The scope of the key. */
    Scope scope();

    /** The revision at which the key was put. */
    long revision();

    /** Heap that the entry and its places in the sets take, in bytes, nearly; what it shares with others left out. */
    long heapBytes();
}
