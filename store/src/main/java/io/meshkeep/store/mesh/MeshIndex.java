package io.meshkeep.store.mesh;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * Everything that the keys of the mesh say at one revision, in immutable sorted sets: identities by number and by
 * label; endpoints by address, identity, node and namespace; nodes by name and by address; services by name. An index
 * is a function of the keys and values alone, not of the way that led to them. The sets that only some questions need are
 * merged when they are asked for ({@link LateSet}). Safe for any number of threads.
 *
 * <p>Identities, endpoints by address, nodes and services are ordered by revision last, so that two indexes differ in
 * exactly the elements of such a set that the other does not have.
 */
public final class MeshIndex {
    /** The index of a store without mesh keys. */
    public static final MeshIndex EMPTY = new MeshIndex();

    final ChunkedSortedSet<Identity> identities;
    private final LateSet<LabelUse> labels;
    final ChunkedSortedSet<Endpoint> endpointsByIp;
    private final LateSet<Endpoint> endpointsByIdentity;
    private final LateSet<Endpoint> endpointsByNode;
    private final LateSet<Endpoint> endpointsByNamespace;
    final ChunkedSortedSet<Node> nodes;
    private final LateSet<NodeAddress> nodeAddresses;
    final ChunkedSortedSet<Service> services;
    final ChunkedSortedSet<Fault> faults;
    /** Null in the empty index, from which unrelated ones begin. */
    final Sharing sharing;

    private final long heapBytes;
    private final long replacedBytes;

    /** Null until somebody asks. */
    private volatile ChunkedSortedSet<Endpoint> endpointsOfNoIdentity;

    private MeshIndex() {
        identities = ChunkedSortedSet.empty(Identity.ORDER);
        labels = LateSet.of(ChunkedSortedSet.empty(LabelUse.ORDER));
        endpointsByIp = ChunkedSortedSet.empty(Endpoint.BY_IP);
        endpointsByIdentity = LateSet.of(ChunkedSortedSet.empty(Endpoint.BY_IDENTITY));
        endpointsByNode = LateSet.of(ChunkedSortedSet.empty(Endpoint.BY_NODE));
        endpointsByNamespace = LateSet.of(ChunkedSortedSet.empty(Endpoint.BY_NAMESPACE));
        nodes = ChunkedSortedSet.empty(Node.ORDER);
        nodeAddresses = LateSet.of(ChunkedSortedSet.empty(NodeAddress.ORDER));
        services = ChunkedSortedSet.empty(Service.ORDER);
        faults = ChunkedSortedSet.empty(Fault.ORDER);
        sharing = null;
        heapBytes = 0;
        replacedBytes = 0;
    }

    /** The index after an update. */
    MeshIndex(MeshUpdate update) {
        MeshIndex base = update.base;
        identities = update.identities.mergedInto(base.identities);
        endpointsByIp = update.endpoints.mergedInto(base.endpointsByIp);
        nodes = update.nodes.mergedInto(base.nodes);
        services = update.services.mergedInto(base.services);
        faults = update.faults.mergedInto(base.faults);
        // after the others, which have put the changes into orders of their own
        labels = update.labels.laterInto(base.labels, this::labelUses);
        // made from nothing else, so that it is never given up: sorting all endpoints anew is too long to wait for
        endpointsByIdentity = update.endpoints.laterInto(base.endpointsByIdentity, null);
        endpointsByNode = update.endpoints.laterInto(base.endpointsByNode, endpointsByIp);
        endpointsByNamespace = update.endpoints.laterInto(base.endpointsByNamespace, endpointsByIp);
        nodeAddresses = update.nodeAddresses.laterInto(base.nodeAddresses, this::allNodeAddresses);
        sharing = update.sharing;
        heapBytes = base.heapBytes + update.heapBytes;
        replacedBytes = update.replacedBytes();
    }

    /** An update of this index by changes of different keys, none twice. */
    public MeshUpdate update() {
        return new MeshUpdate(this);
    }

    // ---- the sets that are merged when they are asked for

    ChunkedSortedSet<LabelUse> labels() {
        return labels.get(this::labelUses);
    }

    ChunkedSortedSet<Endpoint> endpointsByIdentity() {
        return endpointsByIdentity.get(null);
    }

    ChunkedSortedSet<Endpoint> endpointsByNode() {
        return endpointsByNode.get(endpointsByIp);
    }

    ChunkedSortedSet<Endpoint> endpointsByNamespace() {
        return endpointsByNamespace.get(endpointsByIp);
    }

    ChunkedSortedSet<NodeAddress> nodeAddresses() {
        return nodeAddresses.get(this::allNodeAddresses);
    }

    private Iterator<LabelUse> labelUses() {
        return identities.stream()
                .flatMap(identity -> identity.labels().stream().map(label -> new LabelUse(label, identity)))
                .iterator();
    }

    private Iterator<NodeAddress> allNodeAddresses() {
        return nodes.stream().flatMap(node -> NodeAddress.of(node).stream()).iterator();
    }

    /** Endpoints that were, not long ago, by identity: without waiting for any to be merged. */
    ChunkedSortedSet<Endpoint> pastEndpointsByIdentity() {
        return endpointsByIdentity.past();
    }

    // ---- one entry

    /** The identity with a number, or null. Reserved ones have no key and are not here. */
    public Identity identity(Scope scope, long number) {
        return identities.find(identity -> {
            int c = identity.scope().compareTo(scope);
            return c != 0 ? c : Long.compare(identity.number(), number);
        });
    }

    /** The identity that an endpoint has: one with a key, or a reserved one whose meaning is known; null otherwise. */
    public Identity identityOf(Endpoint endpoint) {
        return Identity.isReserved(endpoint.identity())
                ? Identity.reserved(endpoint.scope(), endpoint.identity())
                : identity(endpoint.scope(), endpoint.identity());
    }

    /** Whether the endpoint's identity is neither reserved nor in this index. */
    boolean lacksIdentity(Endpoint endpoint) {
        return !Identity.isReserved(endpoint.identity()) && identity(endpoint.scope(), endpoint.identity()) == null;
    }

    /**
     * Endpoints with an identity that has no key and is not reserved, by address. Nobody but who looks for problems needs
     * them, so they are looked for when somebody does, all at once.
     */
    ChunkedSortedSet<Endpoint> endpointsOfNoIdentity() {
        ChunkedSortedSet<Endpoint> known = endpointsOfNoIdentity;
        if (known == null) {
            known = findEndpointsOfNoIdentity();
            endpointsOfNoIdentity = known;
        }
        return known;
    }

    /** Goes along endpoints and identities together, as both are in the order of the identities. */
    private ChunkedSortedSet<Endpoint> findEndpointsOfNoIdentity() {
        List<Endpoint> found = new ArrayList<>();
        Iterator<Identity> others = identities.iterator();
        Identity identity = others.hasNext() ? others.next() : null;
        for (Endpoint endpoint : endpointsByIdentity()) {
            if (Identity.isReserved(endpoint.identity())) {
                continue;
            }
            while (identity != null && compare(identity, endpoint) < 0) {
                identity = others.hasNext() ? others.next() : null;
            }
            if (identity == null || compare(identity, endpoint) != 0) {
                found.add(endpoint);
            }
        }
        found.sort(Endpoint.BY_IP);
        return ChunkedSortedSet.ofSorted(Endpoint.BY_IP, found);
    }

    private static int compare(Identity identity, Endpoint endpoint) {
        int c = identity.scope().compareTo(endpoint.scope());
        return c != 0 ? c : Long.compare(identity.number(), endpoint.identity());
    }

    /** The endpoint with exactly this address and prefix length, or null. */
    public Endpoint endpoint(Scope scope, IpPrefix ip) {
        return endpointsByIp.find(endpoint -> endpoint.comparePlace(ip, scope));
    }

    /** The node that has an address, or null; of several the first by name. */
    public Node nodeAt(Scope scope, String ip) {
        ChunkedSortedSet<NodeAddress> set = nodeAddresses();
        int at = set.lowerBound(address -> address.comparePlace(scope, ip));
        if (at == set.size()) {
            return null;
        }
        NodeAddress address = set.select(at);
        return address.comparePlace(scope, ip) == 0 && !address.node().registration() ? address.node() : null;
    }

    Node node(Scope scope, boolean registration, String cluster, String name) {
        return nodes.find(node -> node.comparePlace(scope, registration, cluster, name));
    }

    Service service(Scope scope, String cluster, String namespace, String name, boolean export) {
        return services.find(service -> service.comparePlace(scope, cluster, namespace, name, export));
    }

    /** What is wrong with a key by itself, or null. */
    Fault fault(Fault.Kind kind, byte[] key) {
        return faults.isEmpty() ? null : faults.find(fault -> fault.comparePlace(kind, key));
    }

    // ---- figures

    /** Number of identities with a key. */
    public int identityCount() {
        return identities.size();
    }

    /** Number of endpoints. */
    public int endpointCount() {
        return endpointsByIp.size();
    }

    /** Number of nodes, registrations among them. */
    public int nodeCount() {
        return nodes.size();
    }

    /** Number of services and exports. */
    public int serviceCount() {
        return services.size();
    }

    /** Number of keys that are malformed. */
    public int malformedCount() {
        return faults.lowerBound(fault -> fault.kind() == Fault.Kind.MALFORMED ? -1 : 1);
    }

    /** Number of all inconsistencies: malformed keys, values that contradict their key, endpoints of no identity. */
    public int problemCount() {
        return faults.size() + endpointsOfNoIdentity().size();
    }

    /** Heap that the index takes, in bytes, nearly. */
    public long heapBytes() {
        return heapBytes;
    }

    /** Heap that keeping the index before this one takes beyond this one, in bytes: an upper bound. */
    public long replacedBytes() {
        return replacedBytes;
    }

    // ---- ranges

    /** A run of elements of a set that lie together. */
    record Run<E>(ChunkedSortedSet<E> set, int from, int to) {
        static <E> Run<E> of(ChunkedSortedSet<E> set, ChunkedSortedSet.Probe<E> probe) {
            int from = set.lowerBound(probe);
            return new Run<>(set, from, from + count(set, from, probe));
        }

        private static <E> int count(ChunkedSortedSet<E> set, int from, ChunkedSortedSet.Probe<E> probe) {
            if (from == set.size() || probe.compare(set.select(from)) != 0) {
                return 0;
            }
            return set.lowerBound(element -> probe.compare(element) <= 0 ? -1 : 1) - from;
        }

        int size() {
            return to - from;
        }

        void forEach(Consumer<E> action) {
            if (from < to) {
                ChunkedSortedSet.Cursor<E> cursor = set.cursor(from, to);
                while (cursor.advance()) {
                    action.accept(cursor.element());
                }
            }
        }
    }

    Run<Endpoint> endpointsOf(Scope scope) {
        return Run.of(endpointsByIdentity(), endpoint -> endpoint.scope().compareTo(scope));
    }

    Run<Endpoint> endpointsOf(Scope scope, long identity) {
        return Run.of(endpointsByIdentity(), endpoint -> {
            int c = endpoint.scope().compareTo(scope);
            return c != 0 ? c : Long.compare(endpoint.identity(), identity);
        });
    }

    Run<Endpoint> endpointsOn(Scope scope, String hostIp) {
        Name host = new Name(hostIp);
        return Run.of(endpointsByNode(), endpoint -> endpoint.compareHost(scope, host));
    }

    Run<Endpoint> endpointsOf(String namespace) {
        Name name = new Name(namespace);
        return Run.of(
                endpointsByNamespace(), endpoint -> endpoint.namespaceName().compareTo(name));
    }

    /** Endpoints whose first address is one of the prefix. */
    Run<Endpoint> endpointsIn(IpPrefix prefix) {
        IpPrefix first = prefix.first();
        IpPrefix last = prefix.last();
        return Run.of(endpointsByIp, endpoint -> {
            if (endpoint.compareAddress(first) < 0) {
                return -1;
            }
            return endpoint.compareAddress(last) > 0 ? 1 : 0;
        });
    }

    Run<Identity> identitiesOf(Scope scope) {
        return Run.of(identities, identity -> identity.scope().compareTo(scope));
    }

    Run<Node> nodesOf(Scope scope) {
        return Run.of(nodes, node -> node.scope().compareTo(scope));
    }

    Run<Service> servicesOf(Scope scope) {
        return Run.of(services, service -> service.scope().compareTo(scope));
    }

    /** The scopes that have any key, in order. */
    List<Scope> scopes() {
        List<Scope> scopes = new ArrayList<>();
        Scope scope = null;
        while (true) {
            Scope after = scope;
            scope = null;
            scope = lesser(scope, next(identities, after));
            scope = lesser(scope, next(endpointsByIdentity(), after));
            scope = lesser(scope, next(nodes, after));
            scope = lesser(scope, next(services, after));
            if (scope == null) {
                return scopes;
            }
            scopes.add(scope);
        }
    }

    private static Scope lesser(Scope a, Scope b) {
        return a == null || b != null && b.compareTo(a) < 0 ? b : a;
    }

    /** The scope of the first element of a later scope, by a search: a scope may have very many elements. */
    private static Scope next(ChunkedSortedSet<? extends MeshEntry> set, Scope after) {
        int at = after == null ? 0 : set.lowerBound(entry -> entry.scope().compareTo(after) <= 0 ? -1 : 1);
        return at == set.size() ? null : set.select(at).scope();
    }

    /**
     * The name of the cluster that the store belongs to. The keys of its identities and endpoints do not tell it, so it
     * is that of its first node, or else of its first service, that the caller may see; empty if there is none.
     */
    public String localCluster(Visibility visibility) {
        if (!nodes.isEmpty()) {
            Node node = nodes.first();
            if (!node.scope().cached() && !node.registration() && visibility.sees(node)) {
                return node.cluster();
            }
        }
        if (!services.isEmpty()) {
            Service service = services.first();
            if (!service.scope().cached() && visibility.sees(service)) {
                return service.cluster();
            }
        }
        return "";
    }

    /** The name of an entry's cluster, given the {@linkplain #localCluster name} of the own one. */
    public static String clusterOf(MeshEntry entry, String localCluster) {
        if (entry instanceof Node node) {
            return node.cluster();
        } else if (entry instanceof Service service) {
            return service.cluster();
        }
        return entry.scope().cached() ? entry.scope().cluster() : localCluster;
    }
}
