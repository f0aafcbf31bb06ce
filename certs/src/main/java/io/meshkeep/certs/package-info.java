/**
 * The certificates of a mesh: a certificate authority, the servers' and clients' certificates that Cilium expects, keys
 * in every form that its tools write, and plain words for what is wrong with a chain.
 */
package io.meshkeep.certs;
