package io.meshkeep.loadtest.mesh;

/** A key to be put, or to be deleted if the value is null. */
public record MeshChange(String key, String value) {}
