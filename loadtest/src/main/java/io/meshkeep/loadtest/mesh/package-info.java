/** Keys and values as Cilium writes them for a mesh of clusters, and what changes there are over time. */
package io.meshkeep.loadtest.mesh;
