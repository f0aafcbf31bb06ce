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
    public void put(String name, CiliumNode node) {
        store.upsert(key(name), Values.node(node, cluster));
    }

    @Override
    public void delete(String name) {
        store.delete(key(name));
    }

    private String key(String name) {
        return cluster.name() + "/" + name;
    }

    @Override
    public void listed() {
        store.synced();
    }
}
