package io.meshkeep.store.mesh;

import java.util.Comparator;

/** That a node has an address: the element of the index from addresses to nodes. */
record NodeAddress(String ip, Node node) {
    static final Comparator<NodeAddress> ORDER = (a, b) -> {
        int c = a.node.scope().compareTo(b.node.scope());
        if (c == 0) {
            c = Order.compare(a.ip, b.ip);
        }
        return c != 0 ? c : Node.ORDER.compare(a.node, b.node);
    };

    int comparePlace(Scope scope, String otherIp) {
        int c = node.scope().compareTo(scope);
        return c != 0 ? c : Order.compare(ip, otherIp);
    }
}
