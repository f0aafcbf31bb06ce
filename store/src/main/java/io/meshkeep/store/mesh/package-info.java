/**
 * What the keys of a Cilium mesh mean: identities, endpoints, nodes and services, read from keys and values and kept in
 * immutable sorted sets ({@link io.meshkeep.store.mesh.MeshIndex}), and the selectors that ask for some of them. Pure:
 * it knows nothing of the store, whose snapshots carry such an index.
 */
package io.meshkeep.store.mesh;
