/** The command {@code vm}: creates external workloads, watches them, and writes the script that installs their agent. */
package io.meshkeep.clustermesh.vm;
