package io.meshkeep.store.mesh;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** That a node has an address: the element of the index from addresses to nodes. */
record NodeAddress(String ip, Node node) {
    static final Comparator<NodeAddress> ORDER = (a, b) -> {
        int c = a.node.scope().compareTo(b.node.scope());
        if (c == 0) {
            c = Order.compare(a.ip, b.ip);
        }
        return c != 0 ? c : Node.ORDER.compare(a.node, b.node);
    };

    /** All of a node, each once. */
    static List<NodeAddress> of(Node node) {
        List<NodeAddress> addresses = new ArrayList<>(node.addresses().size());
        for (Node.Address address : node.addresses()) {
            NodeAddress each = new NodeAddress(address.ip(), node);
            if (!each.ip.isEmpty() && !addresses.contains(each)) {
                addresses.add(each);
            }
        }
        return addresses;
    }

    int comparePlace(Scope scope, String otherIp) {
        int c = node.scope().compareTo(scope);
        return c != 0 ? c : Order.compare(ip, otherIp);
    }
}
