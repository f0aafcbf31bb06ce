/**
 * What Cilium's clustermesh-apiserver does beside etcd: Kubernetes objects become keys of the mesh, other clusters' keys
 * are mirrored, and external workloads are let in.
 */
package io.meshkeep.clustermesh;
