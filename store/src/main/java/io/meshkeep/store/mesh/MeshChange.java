package io.meshkeep.store.mesh;

/**
 * How what is asked for under one key differs between two indexes.
 *
 * @param before the entry that was there, or null
 * @param after the entry that is there now, or null; not both are null
 */
public record MeshChange<E extends MeshEntry>(String key, E before, E after) {}
