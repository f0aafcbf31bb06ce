/**
 * The comparison of two servers that are started for it: the same work, the same disk, in turns, and ratios of what was
 * measured.
 */
package io.meshkeep.loadtest.compare;
