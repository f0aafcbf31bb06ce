/** The commands {@code clustermesh}, {@code kvstoremesh}, {@code vm} and {@code troubleshoot}. */
package io.meshkeep.clustermesh.cli;
