/**
 * What Kubernetes objects become in the kvstore: identities, nodes, endpoints, services and service exports, byte for
 * byte as Cilium writes them. Each kind has a class that is told of objects and says which keys are to have which values;
 * {@link io.meshkeep.clustermesh.kvstore.SyncStore} writes them.
 */
package io.meshkeep.clustermesh.sync;
