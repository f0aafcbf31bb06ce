package io.meshkeep.store.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.store.mesh.TinyMesh.EndpointFact;
import io.meshkeep.store.mesh.TinyMesh.IdentityFact;
import io.meshkeep.store.mesh.TinyMesh.NodeFact;
import io.meshkeep.store.mesh.TinyMesh.ServiceFact;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions to an index against the same questions to every fact there is. */
class MeshQueryTest {
    /** A condition on labels, as text and as what it means. */
    private record Condition(String text, Predicate<Set<String>> meaning) {}

    /** A filter, and what it means for a fact with a key. */
    private record Asked(MeshFilter filter, List<Condition> conditions, Visibility visibility) {}

    private static Asked ask(TinyMesh mesh) throws SelectorException {
        List<Condition> conditions = new ArrayList<>();
        while (mesh.below(2) == 0) {
            conditions.add(condition(mesh));
        }
        String text = String.join(",", conditions.stream().map(Condition::text).toList());
        MeshFilter filter = MeshFilter.parse(
                text,
                sometimes(mesh, List.of("10.0.0.0/24", "10.0.0.1", "::/0", "fd00::/64", "0.0.0.0/0", "10.0.0.0/23")),
                sometimes(mesh, TinyMesh.NAMESPACES),
                sometimes(mesh, List.of("n1", "n2", "192.168.0.1", "nowhere")),
                sometimes(mesh, List.of("blue", "green", "red", "rose", "grey")),
                mesh.below(4) == 0 ? Math.max(1, mesh.oneOf(TinyMesh.NUMBERS)) : 0);
        Set<String> hidden = new HashSet<>();
        if (mesh.below(3) == 0) {
            for (String key : mesh.entries.keySet()) {
                if (mesh.below(4) == 0) {
                    hidden.add(key);
                }
            }
        }
        Visibility visibility = hidden.isEmpty()
                ? Visibility.ALL
                : new Visibility() {
                    @Override
                    public boolean seesAll(MeshKind kind, Scope scope) {
                        return false;
                    }

                    @Override
                    public boolean seesKey(byte[] key) {
                        return !hidden.contains(new String(key, StandardCharsets.UTF_8));
                    }
                };
        return new Asked(filter, conditions, visibility);
    }

    private static String sometimes(TinyMesh mesh, List<String> choices) {
        return mesh.below(4) == 0 ? mesh.oneOf(choices) : "";
    }

    private static Condition condition(TinyMesh mesh) {
        String source = mesh.below(3) == 0 ? mesh.oneOf(TinyMesh.SOURCES) : "";
        String key = mesh.below(8) == 0 ? "host" : mesh.oneOf(TinyMesh.KEYS);
        String name = source.isEmpty() ? key : source + ":" + key;
        Set<String> values = new TreeSet<>();
        for (int i = mesh.below(3); i >= 0; i--) {
            values.add(mesh.oneOf(TinyMesh.VALUES));
        }
        String one = values.iterator().next();
        String list = "(" + String.join(", ", values) + ")";
        Predicate<Set<String>> exists = labels -> labels.stream().anyMatch(is(source, key, null));
        Predicate<Set<String>> hasOne = labels -> labels.stream().anyMatch(is(source, key, Set.of(one)));
        Predicate<Set<String>> hasAny = labels -> labels.stream().anyMatch(is(source, key, values));
        return switch (mesh.below(7)) {
            case 0 -> new Condition(name, exists);
            case 1 -> new Condition("!" + name, exists.negate());
            case 2 -> new Condition(name + "=" + one, hasOne);
            case 3 -> new Condition(name + " == " + one, hasOne);
            case 4 -> new Condition(name + "!=" + one, hasOne.negate());
            case 5 -> new Condition(name + " in " + list, hasAny);
            default -> new Condition(name + " notin " + list, hasAny.negate());
        };
    }

    private static Predicate<String> is(String source, String key, Set<String> values) {
        return label -> {
            int colon = label.indexOf(':');
            int equals = label.indexOf('=');
            return (source.isEmpty() || label.substring(0, colon).equals(source))
                    && label.substring(colon + 1, equals).equals(key)
                    && (values == null || values.contains(label.substring(equals + 1)));
        };
    }

    // ---- what the answers should be

    private static boolean sees(Asked asked, String key) {
        return asked.visibility.seesKey(TinyMesh.bytes(key));
    }

    private static String localCluster(TinyMesh mesh, Asked asked) {
        for (String prefix : List.of("cilium/state/nodes/", "cilium/state/services/")) {
            // services and exports are in one list, by cluster and name
            TreeMap<String, String> first = new TreeMap<>();
            mesh.entries.forEach((key, entry) -> {
                if (entry.fact() instanceof NodeFact node && !node.registration() && key.startsWith("cilium/state/")) {
                    if (prefix.contains("nodes")) {
                        first.put(node.cluster() + "/" + node.name(), key);
                    }
                } else if (entry.fact() instanceof ServiceFact service
                        && key.startsWith("cilium/state/")
                        && prefix.contains("services")) {
                    first.put(
                            service.cluster() + "/" + service.namespace() + "/" + service.name() + "/"
                                    + service.export(),
                            key);
                }
            });
            if (!first.isEmpty() && sees(asked, first.firstEntry().getValue())) {
                return first.firstKey().substring(0, first.firstKey().indexOf('/'));
            }
        }
        return "";
    }

    private static Set<String> endpoints(TinyMesh mesh, Asked asked) {
        Set<String> keys = new TreeSet<>();
        MeshFilter filter = asked.filter;
        String local = localCluster(mesh, asked);
        Map<String, EndpointFact> facts = mesh.facts(EndpointFact.class);
        Map<String, NodeFact> nodes = mesh.facts(NodeFact.class);
        facts.forEach((key, fact) -> {
            String cluster = fact.cluster().isEmpty() ? local : fact.cluster();
            boolean wanted = sees(asked, key)
                    && (filter.cluster().isEmpty() || filter.cluster().equals(cluster))
                    && (filter.namespace().isEmpty() || filter.namespace().equals(fact.namespace()))
                    && (filter.identity() == 0 || filter.identity() == fact.identity())
                    && (filter.prefix() == null || filter.prefix().contains(IpPrefix.parse(fact.ip())));
            if (wanted && !filter.node().isEmpty()) {
                boolean on = fact.host().equals(filter.node());
                for (Map.Entry<String, NodeFact> node : nodes.entrySet()) {
                    boolean sameScope = fact.cluster().isEmpty()
                            ? node.getKey().startsWith("cilium/state/nodes/")
                            : node.getKey().startsWith("cilium/cache/nodes/v1/" + fact.cluster() + "/");
                    NodeFact at = node.getValue();
                    on |= sameScope
                            && sees(asked, node.getKey())
                            && !fact.host().isEmpty()
                            && at.ips().contains(fact.host())
                            && at.name().equals(filter.node());
                }
                wanted = on;
            }
            if (wanted && !asked.conditions.isEmpty()) {
                Set<String> labels = mesh.labels(fact.cluster(), fact.identity());
                boolean stored = fact.identity() >= 256;
                wanted = labels != null
                        && (!stored || sees(asked, identityKey(fact.cluster(), fact.identity())))
                        && asked.conditions.stream().allMatch(c -> c.meaning.test(labels));
            }
            if (wanted) {
                keys.add(key);
            }
        });
        return keys;
    }

    private static String identityKey(String cluster, long number) {
        return cluster.isEmpty()
                ? "cilium/state/identities/v1/id/" + number
                : "cilium/cache/identities/v1/" + cluster + "/id/" + number;
    }

    private static Set<String> identities(TinyMesh mesh, Asked asked) {
        Set<String> keys = new TreeSet<>();
        String local = localCluster(mesh, asked);
        MeshFilter filter = asked.filter;
        mesh.facts(IdentityFact.class).forEach((key, fact) -> {
            String cluster = fact.cluster().isEmpty() ? local : fact.cluster();
            if (sees(asked, key)
                    && (filter.cluster().isEmpty() || filter.cluster().equals(cluster))
                    && (filter.identity() == 0 || filter.identity() == fact.number())
                    && filter.prefix() == null
                    && filter.node().isEmpty()
                    && filter.namespace().isEmpty()
                    && asked.conditions.stream().allMatch(c -> c.meaning.test(fact.labels()))) {
                keys.add(key);
            }
        });
        return keys;
    }

    // ---- what they are

    private interface Lister<E extends MeshEntry> {
        Page<E> page(String after, int limit) throws SelectorException;
    }

    /** All pages, each entry once. */
    private static <E extends MeshEntry> Map<String, E> all(Lister<E> lister, int limit) throws SelectorException {
        Map<String, E> all = new LinkedHashMap<>();
        String after = null;
        Page<E> page;
        do {
            page = lister.page(after, limit);
            assertThat(page.entries()).hasSizeLessThanOrEqualTo(limit);
            for (E entry : page.entries()) {
                assertThat(all.put(entry.key(), entry)).as("listed twice").isNull();
                after = entry.key();
            }
        } while (page.more());
        return all;
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void listsAreWhatALookAtEverythingFinds(long seed) throws SelectorException {
        TinyMesh mesh = new TinyMesh(seed);
        MeshIndex index = MeshIndex.EMPTY;
        int found = 0;
        for (int round = 0; round < 800; round++) {
            index = mesh.change(index, 1 + mesh.below(8));
            Asked asked = ask(mesh);
            MeshQuery query = new MeshQuery(index, asked.filter, asked.visibility);
            int limit = 1 + mesh.below(10);
            Map<String, Endpoint> endpoints = all(query::endpoints, limit);
            assertThat(endpoints.keySet()).as("%s", asked).containsExactlyInAnyOrderElementsOf(endpoints(mesh, asked));
            assertThat(List.copyOf(endpoints.values())).isSortedAccordingTo(Endpoint.BY_IP);
            if (asked.filter.namespace().isEmpty()) {
                assertThat(all(query::identities, limit).keySet())
                        .containsExactlyInAnyOrderElementsOf(identities(mesh, asked));
            }
            found += endpoints.size();
        }
        assertThat(found).as("endpoints that matched").isGreaterThan(1000);
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24})
    void aDiffTurnsTheAnswerBeforeIntoTheAnswerAfter(long seed) throws SelectorException {
        TinyMesh mesh = new TinyMesh(seed);
        MeshIndex before = mesh.change(MeshIndex.EMPTY, 60);
        int changed = 0;
        for (int round = 0; round < 800; round++) {
            MeshIndex after = mesh.change(before, 1 + mesh.below(round % 20 == 0 ? 60 : 6));
            Asked asked = ask(mesh);
            MeshQuery old = new MeshQuery(before, asked.filter, asked.visibility);
            MeshQuery now = new MeshQuery(after, asked.filter, asked.visibility);
            MeshDiff diff = new MeshDiff(old, now);
            changed += check(all(old::endpoints, 100), all(now::endpoints, 100), all(diff::endpoints), old, now);
            check(all(old::identities, 100), all(now::identities, 100), all(diff::identities), old, now);
            check(all(old::nodes, 100), all(now::nodes, 100), all(diff::nodes), old, now);
            check(all(old::services, 100), all(now::services, 100), all(diff::services), old, now);
            before = after;
        }
        assertThat(changed).isGreaterThan(200);
    }

    private interface Difference<E extends MeshEntry> {
        MeshDiff.Changes<E> from(MeshDiff.Place place) throws SelectorException;
    }

    /** All changes, after a look whether they can be gone on with from each place. */
    private static <E extends MeshEntry> List<MeshChange<E>> all(Difference<E> difference) throws SelectorException {
        List<MeshChange<E>> whole = new ArrayList<>();
        List<MeshDiff.Place> places = new ArrayList<>();
        MeshDiff.Changes<E> changes = difference.from(null);
        while (changes.advance()) {
            whole.add(changes.change());
            places.add(changes.place());
        }
        assertThat(changes.advance()).isFalse();
        for (int i = 0; i < places.size(); i++) {
            List<MeshChange<E>> rest = new ArrayList<>();
            MeshDiff.Changes<E> after = difference.from(places.get(i));
            while (after.advance()) {
                rest.add(after.change());
            }
            assertThat(rest).as("after %s", places.get(i)).isEqualTo(whole.subList(i + 1, whole.size()));
        }
        return whole;
    }

    @Test
    void aPlaceThatIsNoneIsRefused() {
        MeshIndex index = new TinyMesh(1).change(MeshIndex.EMPTY, 50);
        MeshQuery query = new MeshQuery(index, MeshFilter.EVERYTHING, Visibility.ALL);
        MeshDiff diff = new MeshDiff(query, query);
        for (MeshDiff.Place place : List.of(
                new MeshDiff.Place(0, "cilium/state/nodes/v1/a/b"),
                new MeshDiff.Place(0, "nothing"),
                new MeshDiff.Place(1, "cilium/state/ip/v1/default/10.0.0.1"),
                new MeshDiff.Place(-1, "cilium/state/ip/v1/default/10.0.0.1"),
                new MeshDiff.Place(4, "cilium/state/ip/v1/default/10.0.0.1"))) {
            assertThatThrownBy(() -> diff.endpoints(place)).isInstanceOf(SelectorException.class);
        }
    }

    private static <E extends MeshEntry> int check(
            Map<String, E> before, Map<String, E> after, List<MeshChange<E>> changes, MeshQuery old, MeshQuery now) {
        Map<String, String> applied = new TreeMap<>(shown(before, old));
        for (MeshChange<E> change : changes) {
            if (change.before() == null) {
                assertThat(applied).doesNotContainKey(change.key());
            } else {
                assertThat(change.before()).isEqualTo(before.get(change.key()));
            }
            if (change.after() == null) {
                assertThat(applied.remove(change.key())).isNotNull();
            } else {
                String shown = shown(change.after(), now);
                assertThat(applied.put(change.key(), shown)).as("a change").isNotEqualTo(shown);
            }
        }
        assertThat(applied).isEqualTo(shown(after, now));
        return changes.size();
    }

    private static <E extends MeshEntry> Map<String, String> shown(Map<String, E> entries, MeshQuery query) {
        Map<String, String> shown = new TreeMap<>();
        entries.forEach((key, entry) -> shown.put(key, shown(entry, query)));
        return shown;
    }

    private static String shown(MeshEntry entry, MeshQuery query) {
        return entry + " of " + MeshIndex.clusterOf(entry, query.localCluster());
    }

    @Test
    void problemsAndClustersComeInPages() throws SelectorException {
        TinyMesh mesh = new TinyMesh(31);
        MeshIndex index = mesh.change(MeshIndex.EMPTY, 300);
        MeshQuery query = new MeshQuery(index, MeshFilter.EVERYTHING, Visibility.ALL);
        List<Problem> whole = query.problems(null, null, 1000).entries();
        assertThat(whole).hasSize(index.problemCount()).hasSizeGreaterThan(10);
        for (int limit = 1; limit < 8; limit++) {
            List<Problem> paged = new ArrayList<>();
            Page<Problem> page;
            Problem last = null;
            do {
                page = query.problems(last == null ? null : last.kind(), last == null ? null : last.key(), limit);
                assertThat(page.entries()).hasSizeLessThanOrEqualTo(limit);
                paged.addAll(page.entries());
                last = paged.get(paged.size() - 1);
            } while (page.more());
            assertThat(paged).isEqualTo(whole);
        }
        List<ClusterSummary> clusters = query.clusters(null, 10).entries();
        assertThat(clusters).extracting(cluster -> cluster.scope().cluster()).containsExactly("", "blue", "green");
        assertThat(query.clusters("", 1).entries()).containsExactly(clusters.get(1));
        assertThat(query.clusters("blue", 1)).isEqualTo(new Page<>(List.of(clusters.get(2)), false));
        assertThat(clusters.stream().mapToLong(ClusterSummary::endpoints).sum()).isEqualTo(index.endpointCount());
    }

    @ParameterizedTest
    @ValueSource(longs = {41, 42})
    void anAddressBelongsToItsEntriesAndThePrefixesAroundIt(long seed) {
        TinyMesh mesh = new TinyMesh(seed);
        MeshIndex index = MeshIndex.EMPTY;
        for (int round = 0; round < 100; round++) {
            index = mesh.change(index, 10);
            MeshQuery query = new MeshQuery(index, MeshFilter.EVERYTHING, Visibility.ALL);
            IpPrefix ip = IpPrefix.parse(mesh.oneOf(List.of("10.0.0.1", "10.0.0.77", "fd00::1", "fd01::1", "8.8.8.8")));
            Set<String> expected = new TreeSet<>();
            mesh.facts(EndpointFact.class).forEach((key, fact) -> {
                if (IpPrefix.parse(fact.ip()).contains(ip)) {
                    expected.add(key);
                }
            });
            List<Endpoint> found = query.at(ip, 1000);
            assertThat(found).extracting(Endpoint::key).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(found).isSortedAccordingTo((a, b) -> b.ip().bits() - a.ip().bits());
            assertThat(query.at(ip, 2)).isEqualTo(found.subList(0, Math.min(2, found.size())));
        }
    }
}
