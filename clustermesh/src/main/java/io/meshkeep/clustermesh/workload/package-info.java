/**
 * Lets external workloads (VMs) into the cluster: answers their registrations with an identity, and publishes them as
 * CiliumNode and CiliumEndpoint, as Cilium 1.17 and older expect of clustermesh-apiserver.
 */
package io.meshkeep.clustermesh.workload;
