/** {@code meshkeep mesh}: asks a server about the mesh, over gRPC, and prints what it says. */
package io.meshkeep.server.cli.mesh;
