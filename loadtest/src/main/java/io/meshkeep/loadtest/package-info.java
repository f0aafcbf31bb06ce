/** A load generator for etcd and what speaks its protocol, and the comparison of Meshkeep with etcd. */
package io.meshkeep.loadtest;
