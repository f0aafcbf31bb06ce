/**
 * A client of an etcd, as Cilium uses one: pairs, leases, lists that become watches, and keys that are kept there as long
 * as this process wants them. It speaks to the server in this process or to another over the network alike.
 */
package io.meshkeep.clustermesh.kvstore;
