/**
 * KVStoreMesh: what other clusters publish of themselves is mirrored into the local store, below {@code cilium/cache/}, so
 * that each agent follows one store instead of one for each cluster.
 *
 * <p>What is read and written, and when, is that of Cilium's own kvstoremesh (1.16 and 1.17).
 */
package io.meshkeep.clustermesh.kvstoremesh;
