package io.meshkeep.store.mesh;

import java.util.List;

/**
 * Some entries of a list.
 *
 * @param more whether others follow the last one
 */
public record Page<E>(List<E> entries, boolean more) {}
