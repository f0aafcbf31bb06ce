/**
 * The gRPC services: what turns etcd's requests into reads and commands of the store and their results into responses.
 * Hot responses are encoded straight from the store's bytes; see {@link io.meshkeep.server.rpc.Encoded}.
 */
package io.meshkeep.server.rpc;
