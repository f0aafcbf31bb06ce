package io.meshkeep.clustermesh.sync;

import io.meshkeep.clustermesh.kvstore.SyncStore;

/** Nodes, external workloads among them. */
final class NodeSync implements ObjectSync<CiliumNode> {
    private final SyncStore store;
    private final Cluster cluster;

    NodeSync(SyncStore store, Cluster cluster) {
        this.store = store;
        this.cluster = cluster;
    }

    @Override
    public void put(CiliumNode node) {
        store.upsert(key(node), Values.node(node, cluster));
    }

    @Override
    public void delete(CiliumNode node) {
        store.delete(key(node));
    }

    private String key(CiliumNode node) {
        return cluster.name() + "/" + node.getMetadata().getName();
    }

    @Override
    public void listed() {
        store.synced();
    }
}
