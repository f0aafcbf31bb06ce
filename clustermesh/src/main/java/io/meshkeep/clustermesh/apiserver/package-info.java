/**
 * The command {@code clustermesh}: what Cilium's containers {@code etcd} and {@code apiserver} do, in one process, or the
 * latter alone beside an etcd somewhere else. {@link io.meshkeep.clustermesh.apiserver.Part} is how more is put into it.
 */
package io.meshkeep.clustermesh.apiserver;
