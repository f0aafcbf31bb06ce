/**
 * The programs of Cilium's clustermesh-apiserver image, under the names, flags and variables with which Cilium's Helm
 * chart starts them: {@code /usr/bin/etcd}, and {@code /usr/bin/clustermesh-apiserver} with its commands.
 */
package io.meshkeep.clustermesh.pod;
