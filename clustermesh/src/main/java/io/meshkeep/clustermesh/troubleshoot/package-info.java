/**
 * {@code meshkeep troubleshoot}: walks the way that a client goes to a store of the mesh, step by step, and says where it
 * ends, why, and what to mend. It reads and never writes.
 */
package io.meshkeep.clustermesh.troubleshoot;
