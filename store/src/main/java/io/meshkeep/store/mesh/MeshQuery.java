package io.meshkeep.store.mesh;

import io.meshkeep.setcore.ChunkedSortedSet;
import io.meshkeep.store.mesh.LabelSelector.Operator;
import io.meshkeep.store.mesh.LabelSelector.Requirement;
import io.meshkeep.store.mesh.MeshIndex.Run;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A question to an index: a filter, and what the asker may see. Each condition of the filter names runs of elements in
 * one of the index's sets; the condition with the fewest is taken for candidates, and the others are tests of them. A
 * question so wide that its candidates would be many for one page is answered from the set in the order of the list,
 * from where the page begins. For one thread.
 */
public final class MeshQuery {
    /** Identities that a label may lead to before it counts as no help. */
    private static final int MAX_IDENTITIES = 4096;

    private static final Requirement NONE = new Requirement(null, "", Operator.EXISTS, List.of());

    /** The label of a pod's identity that holds its namespace. */
    private static final String NAMESPACE_LABEL = "io.kubernetes.pod.namespace";

    private final MeshIndex index;
    private final MeshFilter filter;
    private final Visibility visibility;
    private final String localCluster;
    private Set<Host> hosts;

    private record Host(Scope scope, String ip) {}

    /** Asks an index. */
    public MeshQuery(MeshIndex index, MeshFilter filter, Visibility visibility) {
        this.index = index;
        this.filter = filter;
        this.visibility = visibility;
        this.localCluster = index.localCluster(visibility);
    }

    MeshIndex index() {
        return index;
    }

    MeshFilter filter() {
        return filter;
    }

    /** See {@link MeshIndex#localCluster}. */
    public String localCluster() {
        return localCluster;
    }

    // ---- tests

    /** Whether an entry of the index is asked for, and may be seen. */
    boolean matches(MeshEntry entry) {
        if (!filter.cluster().isEmpty()
                && !MeshIndex.clusterOf(entry, localCluster).equals(filter.cluster())) {
            return false;
        }
        boolean meets;
        if (entry instanceof Endpoint endpoint) {
            meets = meets(endpoint);
        } else if (entry instanceof Identity identity) {
            meets = meets(identity);
        } else if (entry instanceof Node node) {
            meets = meets(node);
        } else {
            meets = meets((Service) entry);
        }
        return meets && visibility.sees(entry);
    }

    private boolean meets(Endpoint endpoint) {
        return (filter.namespace().isEmpty() || endpoint.namespace().equals(filter.namespace()))
                && (filter.identity() == 0 || endpoint.identity() == filter.identity())
                && (filter.prefix() == null || filter.prefix().contains(endpoint.ip()))
                && (filter.node().isEmpty() || isOnNode(endpoint))
                && (!filter.hasLabels() || hasLabels(endpoint));
    }

    private boolean isOnNode(Endpoint endpoint) {
        return endpoint.hostIp().equals(filter.node())
                || hosts().contains(new Host(endpoint.scope(), endpoint.hostIp()));
    }

    private boolean hasLabels(Endpoint endpoint) {
        Identity identity = index.identityOf(endpoint);
        return identity != null && filter.labels().matches(identity.labels()) && visibility.sees(identity);
    }

    private boolean meets(Identity identity) {
        return (filter.identity() == 0 || identity.number() == filter.identity())
                && filter.prefix() == null
                && filter.node().isEmpty()
                && (filter.namespace().isEmpty() || isOfNamespace(identity))
                && filter.labels().matches(identity.labels());
    }

    private boolean isOfNamespace(Identity identity) {
        for (Label label : identity.labels()) {
            if (label.key().equals(NAMESPACE_LABEL) && label.value().equals(filter.namespace())) {
                return true;
            }
        }
        return false;
    }

    private boolean meets(Node node) {
        return filter.namespace().isEmpty()
                && !filter.hasLabels()
                && (filter.identity() == 0 || node.identity() == filter.identity())
                && (filter.node().isEmpty() || isCalled(node, filter.node()))
                && (filter.prefix() == null || hasAddressIn(node, filter.prefix()));
    }

    private static boolean isCalled(Node node, String nameOrAddress) {
        return node.name().equals(nameOrAddress)
                || node.addresses().stream().anyMatch(address -> address.ip().equals(nameOrAddress));
    }

    private static boolean hasAddressIn(Node node, IpPrefix prefix) {
        for (Node.Address address : node.addresses()) {
            IpPrefix ip = IpPrefix.parse(address.ip());
            if (ip != null && prefix.contains(ip)) {
                return true;
            }
        }
        return false;
    }

    private boolean meets(Service service) {
        return (filter.namespace().isEmpty() || service.namespace().equals(filter.namespace()))
                && !filter.hasLabels()
                && filter.prefix() == null
                && filter.node().isEmpty()
                && filter.identity() == 0;
    }

    /** Every address of the nodes that the filter names. */
    private Set<Host> hosts() {
        if (hosts == null) {
            hosts = new HashSet<>();
            for (Scope scope : scopes()) {
                if (scope.cached()) {
                    addHosts(index.node(scope, false, scope.cluster(), filter.node()));
                } else {
                    // keys of several clusters may stand in the own scope; the nodes of each are together
                    index.nodesOf(scope).forEach(node -> {
                        if (node.name().equals(filter.node())) {
                            addHosts(node);
                        }
                    });
                }
            }
        }
        return hosts;
    }

    private void addHosts(Node node) {
        if (node != null && !node.registration() && visibility.sees(node)) {
            node.addresses().forEach(address -> {
                if (!address.ip().isEmpty()) {
                    hosts.add(new Host(node.scope(), address.ip()));
                }
            });
        }
    }

    /** The scopes in which there can be something of the cluster asked for. */
    private List<Scope> scopes() {
        List<Scope> scopes = index.scopes();
        return filter.cluster().isEmpty()
                ? scopes
                : scopes.stream()
                        .filter(scope -> !scope.cached() || scope.cluster().equals(filter.cluster()))
                        .toList();
    }

    // ---- endpoints

    /**
     * The endpoints asked for, by address.
     *
     * @param after the key of the endpoint after which the page begins, or null for the first page
     * @param limit most entries of the page, at least 1
     * @throws SelectorException if {@code after} is not the key of an endpoint
     */
    public Page<Endpoint> endpoints(String after, int limit) throws SelectorException {
        MeshKey place = after == null ? null : place(after, MeshKind.ENDPOINT);
        IpPrefix placeIp = place == null ? null : IpPrefix.parse(place.name());
        Run<Endpoint> wide = filter.prefix() == null
                ? new Run<>(index.endpointsByIp, 0, index.endpointsByIp.size())
                : index.endpointsIn(filter.prefix());
        // About as many as a scan in the order of the list would look at before it has filled the page.
        long bearable = Math.max(4L * limit, (long) Math.sqrt((double) limit * wide.size()));
        List<Endpoint> candidates = candidates(Math.min(wide.size() - 1L, bearable));
        List<Endpoint> found = new ArrayList<>();
        if (candidates != null) {
            for (Endpoint endpoint : candidates) {
                if ((place == null || endpoint.comparePlace(placeIp, place.scope()) > 0) && matches(endpoint)) {
                    found.add(endpoint);
                }
            }
            found.sort(Endpoint.BY_IP);
            return cut(found, limit);
        }
        int from = place == null
                ? wide.from()
                : Math.max(
                        wide.from(),
                        wide.set().lowerBound(endpoint -> endpoint.comparePlace(placeIp, place.scope()) <= 0 ? -1 : 1));
        return scan(new Run<>(wide.set(), Math.min(from, wide.to()), wide.to()), limit);
    }

    private <E extends MeshEntry> Page<E> scan(Run<E> run, int limit) {
        List<E> found = new ArrayList<>();
        ChunkedSortedSet.Cursor<E> cursor = run.set().cursor(run.from(), run.to());
        while (found.size() <= limit && cursor.advance()) {
            if (matches(cursor.element())) {
                found.add(cursor.element());
            }
        }
        return cut(found, limit);
    }

    private static <E> Page<E> cut(List<E> found, int limit) {
        return found.size() <= limit
                ? new Page<>(List.copyOf(found), false)
                : new Page<>(List.copyOf(found.subList(0, limit)), true);
    }

    /** Endpoints among which are all that match, from the condition with the fewest; null if none has few enough. */
    private List<Endpoint> candidates(long most) {
        List<Run<Endpoint>> best = null;
        long least = most + 1;
        if (filter.prefix() != null) {
            List<Run<Endpoint>> runs = List.of(index.endpointsIn(filter.prefix()));
            if (size(runs) < least) {
                best = runs;
                least = size(runs);
            }
        }
        if (!filter.namespace().isEmpty()) {
            List<Run<Endpoint>> runs = List.of(index.endpointsOf(filter.namespace()));
            if (size(runs) < least) {
                best = runs;
                least = size(runs);
            }
        }
        if (!filter.cluster().isEmpty()) {
            List<Run<Endpoint>> runs = scopes().stream().map(index::endpointsOf).toList();
            if (size(runs) < least) {
                best = runs;
                least = size(runs);
            }
        }
        if (filter.identity() != 0) {
            List<Run<Endpoint>> runs = scopes().stream()
                    .map(scope -> index.endpointsOf(scope, filter.identity()))
                    .toList();
            if (size(runs) < least) {
                best = runs;
                least = size(runs);
            }
        }
        if (!filter.node().isEmpty()) {
            List<Run<Endpoint>> runs = runsOnNode();
            if (size(runs) < least) {
                best = runs;
                least = size(runs);
            }
        }
        if (filter.hasLabels()) {
            List<Endpoint> ofIdentities = endpointsOfIdentities(least - 1);
            if (ofIdentities != null) {
                return ofIdentities;
            }
        }
        if (best == null) {
            return null;
        }
        List<Endpoint> candidates = new ArrayList<>((int) least);
        best.forEach(run -> run.forEach(candidates::add));
        return candidates;
    }

    private static long size(List<Run<Endpoint>> runs) {
        return runs.stream().mapToLong(Run::size).sum();
    }

    private List<Run<Endpoint>> runsOnNode() {
        Set<Host> all = new HashSet<>(hosts());
        // the address of a node that has no key of its own
        scopes().forEach(scope -> all.add(new Host(scope, filter.node())));
        return all.stream()
                .map(host -> index.endpointsOn(host.scope(), host.ip()))
                .toList();
    }

    /** The endpoints of the identities with the labels asked for; null if they are more than {@code most}. */
    private List<Endpoint> endpointsOfIdentities(long most) {
        List<Identity> matching = identitiesByLabel();
        if (matching == null) {
            return null;
        }
        List<Endpoint> endpoints = new ArrayList<>();
        for (Identity identity : matching) {
            if (!addEndpoints(identity.scope(), identity.number(), endpoints, most)) {
                return null;
            }
        }
        for (int number = 1; number < Identity.reservedEnd(); number++) {
            Identity reserved = Identity.reserved(Scope.LOCAL, number);
            if (filter.labels().matches(reserved.labels())) {
                for (Scope scope : scopes()) {
                    if (!addEndpoints(scope, number, endpoints, most)) {
                        return null;
                    }
                }
            }
        }
        return endpoints;
    }

    private boolean addEndpoints(Scope scope, long number, List<Endpoint> into, long most) {
        ChunkedSortedSet<Endpoint> set = index.endpointsByIdentity();
        int from = set.lowerBound(endpoint -> {
            int c = endpoint.scope().compareTo(scope);
            return c != 0 ? c : Long.compare(endpoint.identity(), number);
        });
        ChunkedSortedSet.Cursor<Endpoint> cursor = set.cursor(from, set.size());
        while (cursor.advance()) {
            Endpoint endpoint = cursor.element();
            if (endpoint.identity() != number || endpoint.scope().compareTo(scope) != 0) {
                return true;
            }
            if (into.size() >= most) {
                return false;
            }
            into.add(endpoint);
        }
        return true;
    }

    // ---- identities

    /**
     * The stored identities with the labels asked for, in order, by the requirement that fewest identities meet; null
     * if that one is met by many.
     */
    private List<Identity> identitiesByLabel() {
        Requirement best = NONE;
        long least = MAX_IDENTITIES + 1;
        for (Requirement requirement : filter.labels().requirements()) {
            if (requirement.isPositive()) {
                long size = uses(requirement).stream().mapToLong(Run::size).sum();
                if (size < least) {
                    best = requirement;
                    least = size;
                }
            }
        }
        if (least > MAX_IDENTITIES) {
            return null;
        }
        TreeSet<Identity> matching = new TreeSet<>(Identity.ORDER);
        for (Run<LabelUse> run : uses(best)) {
            run.forEach(use -> {
                if (filter.labels().matches(use.identity().labels())) {
                    matching.add(use.identity());
                }
            });
        }
        return List.copyOf(matching);
    }

    /** The uses of labels that a positive requirement may be about; those of other sources may be among them. */
    private List<Run<LabelUse>> uses(Requirement requirement) {
        if (requirement.values().isEmpty()) {
            return List.of(
                    Run.of(index.labels(), use -> Order.compare(use.label().key(), requirement.key())));
        }
        return requirement.values().stream()
                .map(value -> Run.of(index.labels(), use -> {
                    int c = Order.compare(use.label().key(), requirement.key());
                    return c != 0 ? c : Order.compare(use.label().value(), value);
                }))
                .toList();
    }

    /** The identities asked for, by cluster and number; reserved ones have no key and are not among them. */
    public Page<Identity> identities(String after, int limit) throws SelectorException {
        MeshKey place = after == null ? null : place(after, MeshKind.IDENTITY);
        ChunkedSortedSet.Probe<Identity> atOrBefore = place == null ? null : atOrBeforeIdentity(place);
        List<Identity> candidates = filter.hasLabels() ? identitiesByLabel() : null;
        if (candidates == null) {
            return scan(from(index.identities, atOrBefore), limit);
        }
        List<Identity> found = new ArrayList<>();
        for (Identity identity : candidates) {
            if ((atOrBefore == null || atOrBefore.compare(identity) > 0) && matches(identity)) {
                found.add(identity);
            }
        }
        return cut(found, limit);
    }

    private static <E> Run<E> from(ChunkedSortedSet<E> set, ChunkedSortedSet.Probe<E> atOrBefore) {
        return new Run<>(set, atOrBefore == null ? 0 : set.lowerBound(atOrBefore), set.size());
    }

    // ---- nodes and services

    /** The nodes asked for, by cluster and name, registrations after the nodes of the own cluster. */
    public Page<Node> nodes(String after, int limit) throws SelectorException {
        MeshKey place = after == null ? null : place(after, MeshKind.NODE, MeshKind.REGISTRATION);
        return scan(from(index.nodes, place == null ? null : atOrBeforeNode(place)), limit);
    }

    /** The services and service exports asked for, by cluster, namespace and name. */
    public Page<Service> services(String after, int limit) throws SelectorException {
        MeshKey place = after == null ? null : place(after, MeshKind.SERVICE, MeshKind.SERVICE_EXPORT);
        return scan(from(index.services, place == null ? null : atOrBeforeService(place)), limit);
    }

    // ---- places in the lists: what is at a key or before it

    static ChunkedSortedSet.Probe<Endpoint> atOrBeforeEndpoint(MeshKey key) {
        IpPrefix ip = IpPrefix.parse(key.name());
        return endpoint -> endpoint.comparePlace(ip, key.scope()) <= 0 ? -1 : 1;
    }

    static ChunkedSortedSet.Probe<Identity> atOrBeforeIdentity(MeshKey key) {
        long number = Long.parseLong(key.name());
        return identity -> {
            int c = identity.scope().compareTo(key.scope());
            if (c == 0) {
                c = Long.compare(identity.number(), number);
            }
            return c <= 0 ? -1 : 1;
        };
    }

    static ChunkedSortedSet.Probe<Node> atOrBeforeNode(MeshKey key) {
        boolean registration = key.kind() == MeshKind.REGISTRATION;
        return node -> node.comparePlace(key.scope(), registration, key.cluster(), key.name()) <= 0 ? -1 : 1;
    }

    static ChunkedSortedSet.Probe<Service> atOrBeforeService(MeshKey key) {
        boolean export = key.kind() == MeshKind.SERVICE_EXPORT;
        return service ->
                service.comparePlace(key.scope(), key.cluster(), key.namespace(), key.name(), export) <= 0 ? -1 : 1;
    }

    /** Reads a key that an entry of one of these kinds may have. */
    static MeshKey place(String key, MeshKind... kinds) throws SelectorException {
        try {
            MeshKey parsed = MeshKey.parse(key.getBytes(StandardCharsets.UTF_8));
            if (parsed != null && List.of(kinds).contains(parsed.kind())) {
                if (parsed.kind() == MeshKind.IDENTITY) {
                    parsed.identityNumber();
                } else if (parsed.kind() == MeshKind.ENDPOINT) {
                    parsed.address();
                }
                return parsed;
            }
        } catch (MalformedException e) {
            throw new SelectorException("not a place in this list: " + e.getMessage());
        }
        throw new SelectorException("not a place in this list");
    }

    // ---- one address

    /**
     * The endpoints that an address belongs to, in all clusters: those of exactly the address first, then those of
     * prefixes around it, the longest first.
     *
     * @param limit most endpoints to return
     */
    public List<Endpoint> at(IpPrefix ip, int limit) {
        List<Endpoint> found = new ArrayList<>();
        if (ip.length() == IpPrefix.NO_LENGTH) {
            at(ip, found, limit);
        }
        for (int bits = ip.bits(); bits >= 0 && found.size() < limit; bits--) {
            at(ip.cut(bits), found, limit);
        }
        return found;
    }

    private void at(IpPrefix place, List<Endpoint> into, int limit) {
        Run<Endpoint> run = Run.of(index.endpointsByIp, endpoint -> {
            int c = endpoint.compareAddress(place);
            return c != 0 ? c : endpoint.compareLength(place.length());
        });
        run.forEach(endpoint -> {
            if (into.size() < limit && matches(endpoint)) {
                into.add(endpoint);
            }
        });
    }

    /** What is wrong with an entry, as far as the caller may know: at most one of each kind of problem. */
    public List<Problem> problemsOf(MeshEntry entry) {
        List<Problem> problems = new ArrayList<>();
        byte[] key = entry.key().getBytes(StandardCharsets.UTF_8);
        Fault fault = index.fault(Fault.Kind.MISMATCH, key);
        if (fault != null) {
            problems.add(problem(fault));
        }
        if (entry instanceof Endpoint endpoint
                && index.lacksIdentity(endpoint)
                && visibility.seesIdentity(endpoint.scope(), endpoint.identity())) {
            problems.add(noIdentity(endpoint));
        }
        return problems;
    }

    /** The identity of an endpoint, stored or reserved; null if it is unknown or may not be seen. */
    public Identity identityOf(Endpoint endpoint) {
        Identity identity = index.identityOf(endpoint);
        return identity == null || !visibility.sees(identity) ? null : identity;
    }

    /** The node that an endpoint is on; null if it is unknown or may not be seen. */
    public Node nodeOf(Endpoint endpoint) {
        Node node = index.nodeAt(endpoint.scope(), endpoint.hostIp());
        return node == null || !visibility.sees(node) ? null : node;
    }

    /** The stored identities with a number, one for each cluster. */
    public List<Identity> identities(long number) {
        List<Identity> found = new ArrayList<>();
        for (Scope scope : scopes()) {
            Identity identity = index.identity(scope, number);
            if (identity != null && matches(identity)) {
                found.add(identity);
            }
        }
        return found;
    }

    /** How many endpoints have an identity, as far as the caller may see them. */
    public long endpointsOf(Identity identity) {
        return count(index.endpointsOf(identity.scope(), identity.number()), MeshKind.ENDPOINT, identity.scope());
    }

    // ---- clusters and problems

    /** All clusters, in order, the own one first; only the cluster of the filter is heeded. */
    public Page<ClusterSummary> clusters(String after, int limit) {
        List<ClusterSummary> found = new ArrayList<>();
        for (Scope scope : index.scopes()) {
            String name = scope.cached() ? scope.cluster() : localCluster;
            if (after != null && scope.compareTo(after.isEmpty() ? Scope.LOCAL : Scope.cached(after)) <= 0
                    || !filter.cluster().isEmpty() && !filter.cluster().equals(name)) {
                continue;
            }
            if (found.size() > limit) {
                break;
            }
            ClusterSummary summary = summary(scope, name);
            if (summary.identities()
                            + summary.endpoints()
                            + summary.nodes()
                            + summary.services()
                            + summary.serviceExports()
                    > 0) {
                found.add(summary);
            }
        }
        return cut(found, limit);
    }

    private ClusterSummary summary(Scope scope, String name) {
        long[] services = new long[2];
        index.servicesOf(scope).forEach(service -> {
            if (visibility.sees(service)) {
                services[service.export() ? 1 : 0]++;
            }
        });
        long[] nodes = new long[1];
        index.nodesOf(scope).forEach(node -> {
            if (!node.registration() && visibility.sees(node)) {
                nodes[0]++;
            }
        });
        return new ClusterSummary(
                scope,
                name,
                count(index.identitiesOf(scope), MeshKind.IDENTITY, scope),
                count(index.endpointsOf(scope), MeshKind.ENDPOINT, scope),
                nodes[0],
                services[0],
                services[1]);
    }

    private long count(Run<? extends MeshEntry> run, MeshKind kind, Scope scope) {
        if (visibility.seesAll(kind, scope)) {
            return run.size();
        }
        long[] count = {0};
        run.forEach(entry -> {
            if (visibility.sees(entry)) {
                count[0]++;
            }
        });
        return count[0];
    }

    /**
     * What is wrong with the mesh; the filter is not heeded.
     *
     * @param after the problem after which the page begins, of which kind and key count; null for the first page
     * @throws SelectorException if {@code after} cannot be a problem
     */
    public Page<Problem> problems(Problem.Kind afterKind, byte[] after, int limit) throws SelectorException {
        List<Problem> found = new ArrayList<>();
        int from = 0;
        if (after != null) {
            from = afterKind == Problem.Kind.UNKNOWN_IDENTITY
                    ? index.faults.size()
                    : index.faults.lowerBound(
                            fault -> fault.comparePlace(Fault.Kind.valueOf(afterKind.name()), after) <= 0 ? -1 : 1);
        }
        ChunkedSortedSet.Cursor<Fault> faults = index.faults.cursor(from, index.faults.size());
        while (found.size() <= limit && faults.advance()) {
            if (visibility.seesKey(faults.element().key())) {
                found.add(problem(faults.element()));
            }
        }
        ChunkedSortedSet<Endpoint> lost = index.endpointsOfNoIdentity();
        int at = 0;
        if (after != null && afterKind == Problem.Kind.UNKNOWN_IDENTITY) {
            MeshKey place = place(new String(after, StandardCharsets.UTF_8), MeshKind.ENDPOINT);
            IpPrefix ip = IpPrefix.parse(place.name());
            at = lost.lowerBound(endpoint -> endpoint.comparePlace(ip, place.scope()) <= 0 ? -1 : 1);
        }
        ChunkedSortedSet.Cursor<Endpoint> endpoints = lost.cursor(at, lost.size());
        while (found.size() <= limit && endpoints.advance()) {
            Endpoint endpoint = endpoints.element();
            if (visibility.sees(endpoint) && visibility.seesIdentity(endpoint.scope(), endpoint.identity())) {
                found.add(noIdentity(endpoint));
            }
        }
        return cut(found, limit);
    }

    private static Problem problem(Fault fault) {
        return new Problem(Problem.Kind.valueOf(fault.kind().name()), fault.key(), fault.reason(), fault.revision());
    }

    private static Problem noIdentity(Endpoint endpoint) {
        return new Problem(
                Problem.Kind.UNKNOWN_IDENTITY,
                endpoint.key().getBytes(StandardCharsets.UTF_8),
                "identity " + endpoint.identity() + " is not in "
                        + (endpoint.scope().cached()
                                ? "cluster " + endpoint.scope().cluster()
                                : "the own cluster"),
                endpoint.revision());
    }
}
