package io.meshkeep.store.mesh;

import io.meshkeep.setcore.ChunkedSortedSet;
import io.meshkeep.setcore.Differences;
import io.meshkeep.store.mesh.MeshIndex.Run;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;

/**
 * What changed between two indexes in the answer to a question. It costs what changed, not what there is: the sets share
 * the chunks that are the same, and an entry's place in the answer can only change with it, with its identity, its node
 * or the name of its cluster. Nor does it cost more than is looked at: changes are found one by one, and can be gone on
 * with from any {@link Place}, also in another difference of the same two revisions.
 */
public final class MeshDiff {
    /** Why an entry may have changed its place in the answer. An entry is looked at for the first reason that it has. */
    private enum Part {
        ITSELF,
        IDENTITY,
        NODE,
        CLUSTER_NAME
    }

    private static final Part[] PARTS = Part.values();

    private final MeshQuery before;
    private final MeshQuery after;
    private final MeshIndex old;
    private final MeshIndex now;
    private final boolean renamed;

    /** Compares the answers to the same filter, for the same caller, of two indexes of one store. */
    public MeshDiff(MeshQuery before, MeshQuery after) {
        this.before = before;
        this.after = after;
        this.old = before.index();
        this.now = after.index();
        this.renamed = !before.localCluster().equals(after.localCluster());
    }

    /**
     * A place in a difference: after the change of a key.
     *
     * @param part in which part of the difference the change was found, from 0 to less than {@link #PARTS}
     */
    public record Place(int part, String key) {
        /** How many parts a difference has. */
        public static final int PARTS = MeshDiff.PARTS.length;
    }

    /** What may have changed under one key; either can be null. */
    private record Candidate<E>(E old, E now) {}

    /** The candidates of a part, null after the last. */
    private interface Source<E> {
        Candidate<E> next();
    }

    /**
     * Moves over the changes of one kind of entries. It starts before the first one. For one thread.
     *
     * @param <E> the kind of the entries
     */
    public final class Changes<E extends MeshEntry> {
        private final Map<Part, Function<String, Source<E>>> parts;
        private int part;
        private Source<E> source;
        private MeshChange<E> current;

        private Changes(Map<Part, Function<String, Source<E>>> parts, Place after) throws SelectorException {
            this.parts = parts;
            if (after == null) {
                part = -1;
                return;
            }
            part = after.part;
            Function<String, Source<E>> begun = part < 0 || part >= PARTS.length ? null : parts.get(PARTS[part]);
            try {
                source = begun == null ? null : begun.apply(after.key);
            } catch (NoPlace e) {
                source = null;
            }
            if (source == null) {
                throw new SelectorException("not a place in this difference");
            }
        }

        /** Moves to the next change. Returns false, and goes on doing so, when there is none. */
        public boolean advance() {
            current = null;
            while (source != null || part < PARTS.length) {
                Candidate<E> candidate = source == null ? null : source.next();
                if (candidate != null) {
                    current = changeOf(candidate);
                    if (current != null) {
                        return true;
                    }
                    continue;
                }
                part++;
                Function<String, Source<E>> begun = part < PARTS.length ? parts.get(PARTS[part]) : null;
                source = begun == null ? null : begun.apply(null);
            }
            return false;
        }

        /** The change moved to last; null if there is none. */
        public MeshChange<E> change() {
            return current;
        }

        /** The place after the change moved to last. */
        public Place place() {
            return new Place(part, current.key());
        }
    }

    private <E extends MeshEntry> MeshChange<E> changeOf(Candidate<E> candidate) {
        boolean was = candidate.old != null && before.matches(candidate.old);
        boolean is = candidate.now != null && after.matches(candidate.now);
        boolean same = was
                && is
                && candidate.old.revision() == candidate.now.revision()
                && !(renamed && !candidate.now.scope().cached());
        if (same || !was && !is) {
            return null;
        }
        String key = (was ? candidate.old : candidate.now).key();
        return new MeshChange<>(key, was ? candidate.old : null, is ? candidate.now : null);
    }

    /** A key is not one at which a part can be gone on with. */
    private static final class NoPlace extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoPlace() {
            super(null, null, false, false);
        }
    }

    private static MeshKey parsed(String key, MeshKind... kinds) {
        try {
            return MeshQuery.place(key, kinds);
        } catch (SelectorException e) {
            throw new NoPlace();
        }
    }

    // ---- kinds of entries

    /**
     * Endpoints that came, went or changed.
     *
     * @param after where to go on, or null to begin
     * @throws SelectorException if that is no place in this difference
     */
    public Changes<Endpoint> endpoints(Place after) throws SelectorException {
        Map<Part, Function<String, Source<Endpoint>>> parts = new EnumMap<>(Part.class);
        parts.put(
                Part.ITSELF,
                key -> new Keys<>(
                        old.endpointsByIp,
                        now.endpointsByIp,
                        key == null ? null : MeshQuery.atOrBeforeEndpoint(parsed(key, MeshKind.ENDPOINT))));
        if (before.filter().hasLabels()) {
            parts.put(Part.IDENTITY, key -> new OfIdentities(key == null ? null : endpoint(key)));
        }
        if (!before.filter().node().isEmpty()) {
            parts.put(Part.NODE, key -> new OnNodes(key == null ? null : endpoint(key)));
        }
        if (renamed) {
            parts.put(Part.CLUSTER_NAME, key -> {
                Endpoint at = key == null ? null : endpoint(key);
                Run<Endpoint> run = old.endpointsOf(Scope.LOCAL);
                return new Unchanged<>(old.endpointsByIdentity(), now.endpointsByIp, Endpoint.BY_IDENTITY::compare)
                        .over(run, at, endpoint -> !identityChanged(endpoint) && !nodeChanged(endpoint));
            });
        }
        return new Changes<>(parts, after);
    }

    /** Identities that came, went or changed; as {@link #endpoints}. */
    public Changes<Identity> identities(Place after) throws SelectorException {
        Map<Part, Function<String, Source<Identity>>> parts = new EnumMap<>(Part.class);
        parts.put(
                Part.ITSELF,
                key -> new Keys<>(
                        old.identities,
                        now.identities,
                        key == null ? null : MeshQuery.atOrBeforeIdentity(parsed(key, MeshKind.IDENTITY))));
        if (renamed) {
            parts.put(Part.CLUSTER_NAME, key -> {
                Identity at = key == null ? null : identity(key);
                return new Unchanged<>(old.identities, now.identities, Identity.ORDER::compare)
                        .over(old.identitiesOf(Scope.LOCAL), at, identity -> true);
            });
        }
        return new Changes<>(parts, after);
    }

    /** Nodes and registrations that came, went or changed; as {@link #endpoints}. */
    public Changes<Node> nodes(Place after) throws SelectorException {
        Map<Part, Function<String, Source<Node>>> parts = new EnumMap<>(Part.class);
        parts.put(
                Part.ITSELF,
                key -> new Keys<>(
                        old.nodes,
                        now.nodes,
                        key == null
                                ? null
                                : MeshQuery.atOrBeforeNode(parsed(key, MeshKind.NODE, MeshKind.REGISTRATION))));
        return new Changes<>(parts, after);
    }

    /** Services and service exports that came, went or changed; as {@link #endpoints}. */
    public Changes<Service> services(Place after) throws SelectorException {
        Map<Part, Function<String, Source<Service>>> parts = new EnumMap<>(Part.class);
        parts.put(
                Part.ITSELF,
                key -> new Keys<>(
                        old.services,
                        now.services,
                        key == null
                                ? null
                                : MeshQuery.atOrBeforeService(parsed(key, MeshKind.SERVICE, MeshKind.SERVICE_EXPORT))));
        return new Changes<>(parts, after);
    }

    private Endpoint endpoint(String key) {
        MeshKey parsed = parsed(key, MeshKind.ENDPOINT);
        Endpoint endpoint = old.endpoint(parsed.scope(), IpPrefix.parse(parsed.name()));
        if (endpoint == null) {
            throw new NoPlace();
        }
        return endpoint;
    }

    private Identity identity(String key) {
        MeshKey parsed = parsed(key, MeshKind.IDENTITY);
        Identity identity = old.identity(parsed.scope(), Long.parseLong(parsed.name()));
        if (identity == null) {
            throw new NoPlace();
        }
        return identity;
    }

    // ---- parts

    /** Entries whose own keys came, went or were put again, in the order of their list. */
    private static final class Keys<E extends MeshEntry> implements Source<E> {
        private final Differences<E> differences;
        private boolean ahead;

        Keys(ChunkedSortedSet<E> old, ChunkedSortedSet<E> now, ChunkedSortedSet.Probe<E> atOrBefore) {
            differences = atOrBefore == null ? old.differences(now) : old.differences(now, atOrBefore);
            ahead = differences.advance();
        }

        @Override
        public Candidate<E> next() {
            if (!ahead) {
                return null;
            }
            E first = differences.element();
            boolean ofOld = differences.isOfFirst();
            E second = null;
            ahead = differences.advance();
            if (ahead
                    && differences.isOfFirst() != ofOld
                    && differences.element().key().equals(first.key())) {
                second = differences.element();
                ahead = differences.advance();
            }
            return ofOld ? new Candidate<>(first, second) : new Candidate<>(second, first);
        }
    }

    /** Whether an entry is to be looked at. */
    private interface Wanted<E> {
        boolean test(E entry);
    }

    /** Orders entries. */
    private interface Ordering<E> {
        int compare(E a, E b);
    }

    /** Entries of runs of an old set, as far as they are the same in the new index. */
    private static final class Unchanged<E extends MeshEntry> implements Source<E> {
        private final ChunkedSortedSet<E> set;
        private final ChunkedSortedSet<E> now;
        private final Ordering<E> order;
        private ChunkedSortedSet.Cursor<E> cursor;
        private Wanted<E> wanted;

        Unchanged(ChunkedSortedSet<E> set, ChunkedSortedSet<E> now, Ordering<E> order) {
            this.set = set;
            this.now = now;
            this.order = order;
        }

        /** @param after the entry of the run after which to begin, or null */
        Unchanged<E> over(Run<E> run, E after, Wanted<E> condition) {
            int from = after == null
                    ? run.from()
                    : Math.max(run.from(), set.lowerBound(entry -> order.compare(entry, after) <= 0 ? -1 : 1));
            cursor = set.cursor(Math.min(from, run.to()), run.to());
            wanted = condition;
            return this;
        }

        @Override
        public Candidate<E> next() {
            while (cursor != null && cursor.advance()) {
                E entry = cursor.element();
                E same = now.get(entry);
                if (same != null && wanted.test(entry)) {
                    return new Candidate<>(entry, same);
                }
            }
            cursor = null;
            return null;
        }
    }

    /** Endpoints that stayed while their identities came, went or changed. */
    private final class OfIdentities implements Source<Endpoint> {
        private final Differences<Identity> identities;
        private final Unchanged<Endpoint> endpoints =
                new Unchanged<>(old.endpointsByIdentity(), now.endpointsByIp, Endpoint.BY_IDENTITY::compare);
        private Identity last;

        OfIdentities(Endpoint after) {
            if (after == null) {
                identities = old.identities.differences(now.identities);
                return;
            }
            Scope scope = after.scope();
            identities = old.identities.differences(now.identities, identity -> {
                int c = identity.scope().compareTo(scope);
                if (c == 0) {
                    c = Long.compare(identity.number(), after.identity());
                }
                return c <= 0 ? -1 : 1;
            });
            endpoints.over(old.endpointsOf(scope, after.identity()), after, endpoint -> true);
        }

        @Override
        public Candidate<Endpoint> next() {
            while (true) {
                Candidate<Endpoint> candidate = endpoints.next();
                if (candidate != null || !identities.advance()) {
                    return candidate;
                }
                Identity identity = identities.element();
                // once, though the identity before and the one after both differ
                if (last == null
                        || last.number() != identity.number()
                        || !last.scope().equals(identity.scope())) {
                    endpoints.over(old.endpointsOf(identity.scope(), identity.number()), null, endpoint -> true);
                }
                last = identity;
            }
        }
    }

    /** Endpoints that stayed, with their identities, while nodes came to their nodes' addresses or left them. */
    private final class OnNodes implements Source<Endpoint> {
        private final Differences<NodeAddress> addresses;
        private final Unchanged<Endpoint> endpoints =
                new Unchanged<>(old.endpointsByNode(), now.endpointsByIp, Endpoint.BY_NODE::compare);
        private NodeAddress last;

        OnNodes(Endpoint after) {
            if (after == null) {
                addresses = old.nodeAddresses().differences(now.nodeAddresses());
                return;
            }
            addresses = old.nodeAddresses()
                    .differences(
                            now.nodeAddresses(),
                            address -> address.comparePlace(after.scope(), after.hostIp()) <= 0 ? -1 : 1);
            endpoints.over(old.endpointsOn(after.scope(), after.hostIp()), after, this::wanted);
        }

        private boolean wanted(Endpoint endpoint) {
            return !identityChanged(endpoint);
        }

        @Override
        public Candidate<Endpoint> next() {
            while (true) {
                Candidate<Endpoint> candidate = endpoints.next();
                if (candidate != null || !addresses.advance()) {
                    return candidate;
                }
                NodeAddress address = addresses.element();
                Scope scope = address.node().scope();
                if (last == null || last.comparePlace(scope, address.ip()) != 0) {
                    endpoints.over(old.endpointsOn(scope, address.ip()), null, this::wanted);
                }
                last = address;
            }
        }
    }

    /** Whether an endpoint that stayed is looked at with its identity. */
    private boolean identityChanged(Endpoint endpoint) {
        if (!before.filter().hasLabels()) {
            return false;
        }
        Identity was = old.identity(endpoint.scope(), endpoint.identity());
        Identity is = now.identity(endpoint.scope(), endpoint.identity());
        return was == null || is == null ? (was == null) != (is == null) : was.revision() != is.revision();
    }

    /** Whether an endpoint that stayed is looked at with its node. */
    private boolean nodeChanged(Endpoint endpoint) {
        if (before.filter().node().isEmpty()) {
            return false;
        }
        ChunkedSortedSet.Probe<NodeAddress> place =
                address -> address.comparePlace(endpoint.scope(), endpoint.hostIp());
        Differences<NodeAddress> differences = old.nodeAddresses().differences(now.nodeAddresses(), place);
        return differences.advance() && place.compare(differences.element()) == 0;
    }
}
