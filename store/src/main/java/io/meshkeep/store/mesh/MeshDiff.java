package io.meshkeep.store.mesh;

import io.meshkeep.setcore.ChunkedSortedSet;
import io.meshkeep.store.mesh.MeshIndex.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What changed between two indexes in the answer to a question. It costs what changed, not what there is: the sets share
 * the chunks that are the same, and an entry's place in the answer can only change with it, with its identity, its node
 * or the name of its cluster.
 */
public final class MeshDiff {
    private final MeshQuery before;
    private final MeshQuery after;
    private final boolean renamed;

    /** Compares the answers to the same filter, for the same caller, of two indexes of one store. */
    public MeshDiff(MeshQuery before, MeshQuery after) {
        this.before = before;
        this.after = after;
        this.renamed = !before.localCluster().equals(after.localCluster());
    }

    /** The entries before and after, by key; those that are the same may be among them. */
    private static final class Candidates<E extends MeshEntry> {
        private final Map<String, E> before = new TreeMap<>();
        private final Map<String, E> after = new TreeMap<>();

        Candidates(ChunkedSortedSet<E> before, ChunkedSortedSet<E> after) {
            before.difference(after).forEach(entry -> this.before.put(entry.key(), entry));
            after.difference(before).forEach(entry -> this.after.put(entry.key(), entry));
        }
    }

    /** Endpoints that came, went or changed, by key. */
    public List<MeshChange<Endpoint>> endpoints() {
        MeshIndex old = before.index();
        MeshIndex now = after.index();
        Candidates<Endpoint> candidates = new Candidates<>(old.endpointsByIp, now.endpointsByIp);
        if (before.filter().hasLabels()) {
            List<Identity> changed = new ArrayList<>();
            old.identities.difference(now.identities).forEach(changed::add);
            now.identities.difference(old.identities).forEach(changed::add);
            for (Identity identity : changed) {
                add(old.endpointsOf(identity.scope(), identity.number()), candidates.before);
                add(now.endpointsOf(identity.scope(), identity.number()), candidates.after);
            }
        }
        if (!before.filter().node().isEmpty()) {
            List<NodeAddress> changed = new ArrayList<>();
            old.nodeAddresses.difference(now.nodeAddresses).forEach(changed::add);
            now.nodeAddresses.difference(old.nodeAddresses).forEach(changed::add);
            for (NodeAddress address : changed) {
                add(old.endpointsOn(address.node().scope(), address.ip()), candidates.before);
                add(now.endpointsOn(address.node().scope(), address.ip()), candidates.after);
            }
        }
        if (renamed) {
            add(old.endpointsOf(Scope.LOCAL), candidates.before);
            add(now.endpointsOf(Scope.LOCAL), candidates.after);
        }
        return changes(candidates);
    }

    /** Identities that came, went or changed, by key. */
    public List<MeshChange<Identity>> identities() {
        MeshIndex old = before.index();
        MeshIndex now = after.index();
        Candidates<Identity> candidates = new Candidates<>(old.identities, now.identities);
        if (renamed) {
            add(old.identitiesOf(Scope.LOCAL), candidates.before);
            add(now.identitiesOf(Scope.LOCAL), candidates.after);
        }
        return changes(candidates);
    }

    /** Nodes and registrations that came, went or changed, by key. */
    public List<MeshChange<Node>> nodes() {
        return changes(new Candidates<>(before.index().nodes, after.index().nodes));
    }

    /** Services and service exports that came, went or changed, by key. */
    public List<MeshChange<Service>> services() {
        return changes(new Candidates<>(before.index().services, after.index().services));
    }

    private static <E extends MeshEntry> void add(Run<E> run, Map<String, E> into) {
        run.forEach(entry -> into.put(entry.key(), entry));
    }

    private <E extends MeshEntry> List<MeshChange<E>> changes(Candidates<E> candidates) {
        List<MeshChange<E>> changes = new ArrayList<>();
        candidates.before.forEach((key, old) -> {
            E now = candidates.after.remove(key);
            add(key, old, now, changes);
        });
        candidates.after.forEach((key, now) -> add(key, null, now, changes));
        changes.sort((a, b) -> a.key().compareTo(b.key()));
        return changes;
    }

    private <E extends MeshEntry> void add(String key, E old, E now, List<MeshChange<E>> into) {
        boolean was = old != null && before.matches(old);
        boolean is = now != null && after.matches(now);
        boolean same = was
                && is
                && old.revision() == now.revision()
                && !(renamed && !now.scope().cached());
        if ((was || is) && !same) {
            into.add(new MeshChange<>(key, was ? old : null, is ? now : null));
        }
    }
}
