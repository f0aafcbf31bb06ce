/**
 * Immutable sorted sets that are changed in batches by linear merges and share whatever a batch leaves alone.
 *
 * <p>{@link io.meshkeep.setcore.ChunkedSortedSet} is the whole public surface. The package depends on the JDK alone.
 */
package io.meshkeep.setcore;
