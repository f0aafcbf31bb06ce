/**
 * Immutable sorted sets that are changed and combined by linear merges.
 *
 * <p>{@link io.meshkeep.setcore.ImmSortedSet} holds objects in one array, {@link io.meshkeep.setcore.ImmSortedLongSet}
 * numbers, {@link io.meshkeep.setcore.ImmSortedBytesSet} byte strings. {@link io.meshkeep.setcore.ChunkedSortedSet} holds
 * objects in chunks, of which a change copies only those that it touches; it is for large sets that change little at a
 * time. The package depends on the JDK alone.
 */
package io.meshkeep.setcore;
