/** The start of {@code meshkeep clustermesh}, from a cluster full of pods to a store that has them all. */
package io.meshkeep.loadtest.sync;
