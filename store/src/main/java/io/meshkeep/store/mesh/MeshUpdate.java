package io.meshkeep.store.mesh;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes of different keys on their way into an index: each set that they touch is merged once. What many entries have
 * in common (labels, scopes, the addresses of nodes, namespaces) is taken from an entry that has it already, so that
 * there is one copy of it for as long as any entry has it. For one thread, and one {@link #finish}.
 */
public final class MeshUpdate {
    /** Elements to take out of a set, and elements to put in. */
    static final class Delta<E> {
        private final List<E> removed = new ArrayList<>();
        private final List<E> added = new ArrayList<>();

        int size() {
            return removed.size() + added.size();
        }

        /** Leaves the changes to be merged when the set is asked for; they must not change any more. */
        LateSet<E> laterInto(LateSet<E> set, Iterable<E> all) {
            return set.after(removed, added, all);
        }

        @SuppressWarnings("unchecked")
        ChunkedSortedSet<E> mergedInto(ChunkedSortedSet<E> set) {
            int count = size();
            if (count == 0) {
                return set;
            }
            removed.sort(set.order());
            added.sort(set.order());
            E[] elements = (E[]) new Object[count];
            boolean[] remove = new boolean[count];
            int g = 0;
            int c = 0;
            for (int i = 0; i < count; i++) {
                int order = c == added.size()
                        ? -1
                        : g == removed.size() ? 1 : set.order().compare(removed.get(g), added.get(c));
                if (order < 0) {
                    elements[i] = removed.get(g++);
                    remove[i] = true;
                    continue;
                }
                if (order == 0) {
                    // the one that comes takes the place of the one that goes
                    g++;
                    count--;
                }
                elements[i] = added.get(c++);
            }
            return set.update(elements, remove, count);
        }
    }

    /** What a change to a large set copies, see {@link ChunkedSortedSet}. */
    private static final long PATH_BYTES = 3000;

    /** Labels that an identity has, about. */
    private static final long LABELS = 8;

    /** Addresses that a node has, about. */
    private static final long ADDRESSES = 4;

    final MeshIndex base;
    final Delta<Identity> identities = new Delta<>();
    final Delta<LabelUse> labels = new Delta<>();
    final Delta<Endpoint> endpoints = new Delta<>();
    final Delta<Node> nodes = new Delta<>();
    final Delta<NodeAddress> nodeAddresses = new Delta<>();
    final Delta<Service> services = new Delta<>();
    final Delta<Fault> faults = new Delta<>();
    long heapBytes;

    /** Of the indexes that follow upon one another; updates at the same time do each other no harm. */
    final Sharing sharing;

    MeshUpdate(MeshIndex base) {
        this.base = base;
        this.sharing = base.sharing == null ? new Sharing() : base.sharing;
    }

    /**
     * Takes in that a key was put. Other keys than those of the mesh change nothing.
     *
     * @param revision the revision of the put, another than that of the entry before it
     */
    public void put(byte[] key, byte[] value, long revision) {
        change(key, value, revision);
    }

    /** Takes in that a key was deleted, if it was there. */
    public void delete(byte[] key) {
        change(key, null, 0);
    }

    /** The index with the changes. */
    public MeshIndex finish() {
        boolean same = identities.removed.isEmpty()
                && identities.added.isEmpty()
                && endpoints.removed.isEmpty()
                && endpoints.added.isEmpty()
                && nodes.removed.isEmpty()
                && nodes.added.isEmpty()
                && services.removed.isEmpty()
                && services.added.isEmpty()
                && faults.removed.isEmpty()
                && faults.added.isEmpty();
        if (same) {
            return base;
        }
        MeshIndex next = new MeshIndex(this);
        if (base.sharing == null) {
            sharing.filled();
        } else {
            sharing.forget(next);
        }
        return next;
    }

    /** An upper bound of what the index before keeps in memory that the index after does not share, in bytes. */
    long replacedBytes() {
        return replaced(identities, base.identities.size())
                + replaced(labels, LABELS * base.identities.size())
                + 4 * replaced(endpoints, base.endpointsByIp.size())
                + replaced(nodes, base.nodes.size())
                + replaced(nodeAddresses, ADDRESSES * base.nodes.size())
                + replaced(services, base.services.size())
                + replaced(faults, base.faults.size());
    }

    private static long replaced(Delta<?> delta, long size) {
        // the elements that went, and the chunks on the paths to what changed, or at most all chunks
        return 200L * delta.removed.size() + Math.min(PATH_BYTES * delta.size(), 5L * size);
    }

    private void change(byte[] key, byte[] value, long revision) {
        boolean understood = false;
        try {
            MeshKey parsed = MeshKey.parse(key);
            if (parsed == null) {
                return;
            }
            MeshEntry before = remove(parsed);
            understood = true;
            removeFault(Fault.Kind.MISMATCH, key);
            if (before == null) {
                removeFault(Fault.Kind.MALFORMED, key);
            }
            if (value != null) {
                put(parsed, before, key, value, revision);
            }
        } catch (MalformedException malformed) {
            if (!understood) {
                removeFault(Fault.Kind.MALFORMED, key);
            }
            if (value != null) {
                add(new Fault(Fault.Kind.MALFORMED, key, malformed.getMessage(), revision));
            }
        }
    }

    private void removeFault(Fault.Kind kind, byte[] key) {
        Fault fault = base.fault(kind, key);
        if (fault != null) {
            faults.removed.add(fault);
            heapBytes -= fault.heapBytes();
        }
    }

    private void add(Fault fault) {
        faults.added.add(fault);
        heapBytes += fault.heapBytes();
    }

    /** Takes out what is in the index under a key; null if nothing is. */
    private MeshEntry remove(MeshKey key) throws MalformedException {
        MeshEntry before;
        switch (key.kind()) {
            case IDENTITY -> {
                Identity identity = base.identity(key.scope(), key.identityNumber());
                before = identity;
                if (identity != null) {
                    identities.removed.add(identity);
                    for (Label label : identity.labels()) {
                        labels.removed.add(new LabelUse(label, identity));
                    }
                }
            }
            case ENDPOINT -> {
                Endpoint endpoint = base.endpoint(key.scope(), key.address());
                before = endpoint;
                if (endpoint != null) {
                    endpoints.removed.add(endpoint);
                }
            }
            case NODE, REGISTRATION -> {
                boolean registration = key.kind() == MeshKind.REGISTRATION;
                Node node = base.node(key.scope(), registration, key.cluster(), key.name());
                before = node;
                if (node != null) {
                    nodes.removed.add(node);
                    nodeAddresses.removed.addAll(NodeAddress.of(node));
                }
            }
            default -> {
                boolean export = key.kind() == MeshKind.SERVICE_EXPORT;
                Service service = base.service(key.scope(), key.cluster(), key.namespace(), key.name(), export);
                before = service;
                if (service != null) {
                    services.removed.add(service);
                }
            }
        }
        if (before != null) {
            heapBytes -= before.heapBytes();
        }
        return before;
    }

    private void put(MeshKey key, MeshEntry before, byte[] rawKey, byte[] value, long revision)
            throws MalformedException {
        Scope scope = before != null ? before.scope() : shared(key);
        MeshEntry entry = switch (key.kind()) {
            case IDENTITY -> putIdentity(key, scope, value, revision);
            case ENDPOINT -> putEndpoint(key, scope, (Endpoint) before, rawKey, value, revision);
            case NODE, REGISTRATION -> putNode(key, scope, rawKey, value, revision);
            case SERVICE, SERVICE_EXPORT -> putService(key, scope, rawKey, value, revision);
        };
        heapBytes += entry.heapBytes();
    }

    private Identity putIdentity(MeshKey key, Scope scope, byte[] value, long revision) throws MalformedException {
        List<Label> own = new ArrayList<>(ValueReader.labels(value));
        own.replaceAll(this::shared);
        own = List.copyOf(own);
        Identity identity = new Identity(scope, key.identityNumber(), own, revision);
        identities.added.add(identity);
        for (Label label : own) {
            labels.added.add(new LabelUse(label, identity));
        }
        return identity;
    }

    private Endpoint putEndpoint(MeshKey key, Scope scope, Endpoint before, byte[] rawKey, byte[] value, long revision)
            throws MalformedException {
        ValueReader.IpPair pair = ValueReader.ipPair(value);
        IpPrefix address = key.address();
        Endpoint endpoint = new Endpoint(
                scope,
                address,
                pair.identity,
                pair.encryptionKey,
                sharedHost(before, pair.hostIp),
                sharedNamespace(before, pair.namespace),
                pair.pod,
                revision);
        endpoints.added.add(endpoint);
        // nearly always the same text, which then need not be understood a second time
        boolean sameText = pair.mask.isEmpty() && pair.ip.equals(key.name());
        if (!sameText && !address.equals(pair.address())) {
            add(new Fault(Fault.Kind.MISMATCH, rawKey, "the value is for " + shown(pair.claim()), revision));
        }
        return endpoint;
    }

    private Node putNode(MeshKey key, Scope scope, byte[] rawKey, byte[] value, long revision)
            throws MalformedException {
        ValueReader.NodeValue read = ValueReader.node(value);
        boolean registration = key.kind() == MeshKind.REGISTRATION;
        String cluster = registration ? read.cluster : scope.cached() ? scope.cluster() : key.cluster();
        Node node = new Node(
                scope,
                registration,
                cluster,
                key.name(),
                List.copyOf(read.addresses),
                read.ipv4Cidr,
                read.ipv6Cidr,
                read.clusterId,
                read.identity,
                read.source,
                revision);
        nodes.added.add(node);
        nodeAddresses.added.addAll(NodeAddress.of(node));
        if (!read.name.equals(key.name()) || !read.cluster.equals(cluster)) {
            add(new Fault(
                    Fault.Kind.MISMATCH,
                    rawKey,
                    "the value is for node " + shown(read.name) + " of cluster " + shown(read.cluster),
                    revision));
        }
        return node;
    }

    private Service putService(MeshKey key, Scope scope, byte[] rawKey, byte[] value, long revision)
            throws MalformedException {
        ValueReader.ServiceValue read = ValueReader.service(value);
        String cluster = scope.cached() ? scope.cluster() : key.cluster();
        Service service = new Service(
                scope,
                key.kind() == MeshKind.SERVICE_EXPORT,
                cluster,
                shared(key.namespace()),
                key.name(),
                read.shared,
                read.includeExternal,
                read.frontends,
                read.backends,
                read.type,
                revision);
        services.added.add(service);
        if (!read.cluster.equals(cluster) || !read.namespace.equals(key.namespace()) || !read.name.equals(key.name())) {
            add(new Fault(
                    Fault.Kind.MISMATCH,
                    rawKey,
                    "the value is for " + shown(read.namespace) + "/" + shown(read.name) + " of cluster "
                            + shown(read.cluster),
                    revision));
        }
        return service;
    }

    private static String shown(String text) {
        return text.isEmpty() ? "(none)" : text.length() <= 64 ? text : text.substring(0, 64) + "...";
    }

    // ---- sharing

    /** The scope of a key, as the very object that other entries of its kind have. */
    private Scope shared(MeshKey key) {
        if (!key.scope().cached()) {
            return Scope.LOCAL;
        }
        return sharing.share(key.scope(), wanted -> {
            Scope found = switch (key.kind()) {
                case IDENTITY -> scopeIn(base.identities, wanted);
                case ENDPOINT -> scopeIn(base.pastEndpointsByIdentity(), wanted);
                case NODE, REGISTRATION -> scopeIn(base.nodes, wanted);
                case SERVICE, SERVICE_EXPORT -> scopeIn(base.services, wanted);
            };
            return found == null ? wanted : found;
        });
    }

    private static Scope scopeIn(ChunkedSortedSet<? extends MeshEntry> set, Scope scope) {
        int at = set.lowerBound(entry -> entry.scope().compareTo(scope));
        Scope found = at == set.size() ? null : set.select(at).scope();
        return scope.equals(found) ? found : null;
    }

    private Label shared(Label label) {
        return sharing.label(
                label, wanted -> new Label(shared(wanted.source()), shared(wanted.key()), shared(wanted.value())));
    }

    private String shared(String text) {
        return sharing.share(text, wanted -> wanted);
    }

    private Name sharedHost(Endpoint before, String host) {
        return before != null && before.hostIp().equals(host) ? before.hostName() : sharing.name(host);
    }

    private Name sharedNamespace(Endpoint before, String namespace) {
        return before != null && before.namespace().equals(namespace)
                ? before.namespaceName()
                : sharing.name(namespace);
    }
}
