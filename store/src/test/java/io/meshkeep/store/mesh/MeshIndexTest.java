package io.meshkeep.store.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeshIndexTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void afterAnyChangesTheIndexIsThatOfTheKeys(long seed) throws SelectorException {
        TinyMesh mesh = new TinyMesh(seed);
        MeshIndex index = MeshIndex.EMPTY;
        for (int round = 0; round < 250; round++) {
            index = mesh.change(index, 1 + mesh.below(round % 50 == 0 ? 100 : 12));
            assertSame(index, mesh.indexFromScratch());
            assertThat(endpoints(index)).isEqualTo(endpoints(mesh));
            assertThat(problems(index)).isEqualTo(problems(mesh));
            assertThat(index.localCluster(Visibility.ALL)).isEqualTo(mesh.localCluster());
        }
    }

    private static void assertSame(MeshIndex index, MeshIndex expected) {
        assertThat(index.identities).isEqualTo(expected.identities);
        assertThat(index.labels()).isEqualTo(expected.labels());
        assertThat(index.endpointsByIp).isEqualTo(expected.endpointsByIp);
        assertThat(index.endpointsByIdentity()).isEqualTo(expected.endpointsByIdentity());
        assertThat(index.endpointsByNode()).isEqualTo(expected.endpointsByNode());
        assertThat(index.endpointsByNamespace()).isEqualTo(expected.endpointsByNamespace());
        assertThat(index.endpointsOfNoIdentity()).isEqualTo(expected.endpointsOfNoIdentity());
        assertThat(index.nodes).isEqualTo(expected.nodes);
        assertThat(index.nodeAddresses()).isEqualTo(expected.nodeAddresses());
        assertThat(index.services).isEqualTo(expected.services);
        assertThat(index.faults).isEqualTo(expected.faults);
        assertThat(index.heapBytes()).isEqualTo(expected.heapBytes());
    }

    private static Map<String, String> endpoints(MeshIndex index) throws SelectorException {
        Map<String, String> endpoints = new TreeMap<>();
        for (Endpoint endpoint : new MeshQuery(index, MeshFilter.EVERYTHING, Visibility.ALL)
                .endpoints(null, 10_000)
                .entries()) {
            Identity identity = index.identityOf(endpoint);
            endpoints.put(
                    endpoint.key(),
                    endpoint.identity() + " " + endpoint.hostIp() + " " + endpoint.namespace() + " " + endpoint.pod()
                            + " "
                            + (identity == null
                                    ? null
                                    : new TreeSet<>(identity.labels().stream()
                                            .map(label -> label.source() + ":" + label.key() + "=" + label.value())
                                            .toList())));
        }
        return endpoints;
    }

    private static Map<String, String> endpoints(TinyMesh mesh) {
        Map<String, String> endpoints = new TreeMap<>();
        mesh.facts(TinyMesh.EndpointFact.class).forEach((key, fact) -> {
            Set<String> labels = mesh.labels(fact.cluster(), fact.identity());
            endpoints.put(
                    key,
                    fact.identity() + " " + fact.host() + " " + fact.namespace() + " " + fact.pod() + " "
                            + (labels == null ? null : new TreeSet<>(labels)));
        });
        return endpoints;
    }

    private static Map<String, Set<String>> problems(MeshIndex index) throws SelectorException {
        Map<String, Set<String>> problems = new TreeMap<>();
        for (Problem problem : new MeshQuery(index, MeshFilter.EVERYTHING, Visibility.ALL)
                .problems(null, null, 10_000)
                .entries()) {
            problems.computeIfAbsent(new String(problem.key(), StandardCharsets.UTF_8), key -> new TreeSet<>())
                    .add(problem.kind().name());
        }
        return problems;
    }

    private static Map<String, Set<String>> problems(TinyMesh mesh) {
        Map<String, Set<String>> problems = new TreeMap<>();
        mesh.entries.forEach((key, entry) -> {
            Set<String> kinds = new TreeSet<>();
            if (entry.fact() instanceof TinyMesh.MalformedFact) {
                kinds.add("MALFORMED");
            } else if (entry.fact() instanceof TinyMesh.EndpointFact endpoint) {
                if (endpoint.mismatch()) {
                    kinds.add("MISMATCH");
                }
                boolean reserved = endpoint.identity() > 0 && endpoint.identity() < 256;
                if (!reserved && mesh.labels(endpoint.cluster(), endpoint.identity()) == null) {
                    kinds.add("UNKNOWN_IDENTITY");
                }
            } else if (entry.fact() instanceof TinyMesh.NodeFact node && node.mismatch()
                    || entry.fact() instanceof TinyMesh.ServiceFact service && service.mismatch()) {
                kinds.add("MISMATCH");
            }
            if (!kinds.isEmpty()) {
                problems.put(key, kinds);
            }
        });
        return problems;
    }

    @Test
    void anIndexIsNotChangedByLaterUpdates() throws SelectorException {
        TinyMesh mesh = new TinyMesh(9);
        MeshIndex index = mesh.change(MeshIndex.EMPTY, 200);
        Map<String, String> before = endpoints(index);
        MeshIndex later = index;
        for (int i = 0; i < 50; i++) {
            later = mesh.change(later, 20);
        }
        assertThat(endpoints(index)).isEqualTo(before);
        assertThat(endpoints(later)).isNotEqualTo(before);
    }

    @Test
    void changesOfOtherKeysGiveTheSameIndexBack() {
        MeshIndex index = new TinyMesh(10).change(MeshIndex.EMPTY, 100);
        MeshUpdate update = index.update();
        update.put(TinyMesh.bytes("cilium/state/other/v1/x"), TinyMesh.bytes("x"), 1000);
        update.put(TinyMesh.bytes("cilium/state/identities/v1/value/k8s:a=b;/node"), TinyMesh.bytes("1"), 1001);
        update.put(TinyMesh.bytes("cilium/.heartbeat"), TinyMesh.bytes("x"), 1002);
        update.delete(TinyMesh.bytes("cilium/cache/ip/v1/blue/10.77.0.1"));
        assertThat(update.finish()).isSameAs(index);
    }

    @Test
    void whatEndpointsAndIdentitiesHaveInCommonIsHeldOnce() throws SelectorException {
        MeshIndex index = MeshIndex.EMPTY;
        for (int i = 0; i < 100; i++) {
            MeshUpdate update = index.update();
            update.put(
                    TinyMesh.bytes("cilium/cache/identities/v1/blue/id/" + (1000 + i)),
                    TinyMesh.bytes("k8s:app=db;k8s:n=" + i + ";"),
                    2 * i + 2);
            update.put(
                    TinyMesh.bytes("cilium/cache/ip/v1/blue/10.0.0." + i),
                    TinyMesh.bytes("{\"IP\":\"10.0.0." + i + "\",\"HostIP\":\"192.168.0." + i % 2 + "\",\"ID\":"
                            + (1000 + i) + ",\"K8sNamespace\":\"ns" + i % 2 + "\"}"),
                    2 * i + 3);
            index = update.finish();
        }
        assertThat(index.problemCount()).isZero();
        Map<Object, Object> objects = new IdentityHashMap<>();
        for (Endpoint endpoint : index.endpointsByIp) {
            objects.put(endpoint.hostName(), "");
            objects.put(endpoint.namespaceName(), "");
            objects.put(endpoint.scope(), "");
        }
        assertThat(objects).as("two hosts, two namespaces, one scope").hasSize(5);
        Map<Object, Object> labels = new IdentityHashMap<>();
        index.identities.forEach(identity -> identity.labels().stream()
                .filter(label -> label.key().equals("app"))
                .forEach(label -> labels.put(label, "")));
        assertThat(labels).hasSize(1);
    }

    @Test
    void anIdentityThatArrivesLaterClearsTheProblem() throws SelectorException {
        MeshUpdate first = MeshIndex.EMPTY.update();
        first.put(
                TinyMesh.bytes("cilium/state/ip/v1/default/10.0.0.1"),
                TinyMesh.bytes("{\"IP\":\"10.0.0.1\",\"ID\":500}"),
                2);
        MeshIndex lost = first.finish();
        assertThat(problems(lost)).isEqualTo(Map.of("cilium/state/ip/v1/default/10.0.0.1", Set.of("UNKNOWN_IDENTITY")));
        MeshUpdate second = lost.update();
        second.put(TinyMesh.bytes("cilium/state/identities/v1/id/500"), TinyMesh.bytes("k8s:a=b;"), 3);
        MeshIndex found = second.finish();
        assertThat(problems(found)).isEmpty();
        MeshUpdate third = found.update();
        third.delete(TinyMesh.bytes("cilium/state/identities/v1/id/500"));
        assertThat(problems(third.finish())).hasSize(1);
    }

    @Test
    void anIdentityOfAnotherClusterDoesNotCount() {
        MeshUpdate update = MeshIndex.EMPTY.update();
        update.put(
                TinyMesh.bytes("cilium/cache/ip/v1/blue/10.0.0.1"),
                TinyMesh.bytes("{\"IP\":\"10.0.0.1\",\"ID\":500}"),
                2);
        update.put(TinyMesh.bytes("cilium/cache/identities/v1/green/id/500"), TinyMesh.bytes("k8s:a=b;"), 3);
        update.put(TinyMesh.bytes("cilium/state/identities/v1/id/500"), TinyMesh.bytes("k8s:a=b;"), 4);
        assertThat(update.finish().problemCount()).isEqualTo(1);
    }

    @Test
    void keysAreThoseThatCiliumWrites() {
        Map<String, String> values = new HashMap<>();
        String endpoint = "{\"IP\":\"10.0.0.1\",\"Mask\":null,\"HostIP\":\"192.168.1.1\",\"ID\":1,\"Key\":0,"
                + "\"Metadata\":\"\",\"K8sNamespace\":\"ns\",\"K8sPodName\":\"p\"}";
        String node = "{\"Name\":\"n\",\"Cluster\":\"c\",\"IPAddresses\":[],\"IPv4AllocCIDR\":{\"IP\":\"10.0.0.0\","
                + "\"Mask\":\"////AA==\"},\"IPv6AllocCIDR\":null,\"ClusterID\":1}";
        String service = "{\"cluster\":\"c\",\"namespace\":\"ns\",\"name\":\"s\"}";
        values.put("cilium/state/identities/v1/id/1234", "k8s:a=b;");
        values.put("cilium/cache/identities/v1/c/id/1234", "k8s:a=b;");
        values.put("cilium/state/ip/v1/default/10.0.0.1", endpoint);
        values.put("cilium/cache/ip/v1/c/10.0.0.1", endpoint);
        values.put("cilium/state/nodes/v1/c/n", node);
        values.put("cilium/cache/nodes/v1/c/n", node);
        values.put("cilium/state/noderegister/v1/n", node);
        values.put("cilium/state/services/v1/c/ns/s", service);
        values.put("cilium/cache/services/v1/c/ns/s", service);
        values.put("cilium/state/serviceexports/v1/c/ns/s", service);
        values.put("cilium/cache/serviceexports/v1/c/ns/s", service);
        MeshUpdate update = MeshIndex.EMPTY.update();
        int revision = 1;
        for (Map.Entry<String, String> entry : values.entrySet()) {
            update.put(TinyMesh.bytes(entry.getKey()), TinyMesh.bytes(entry.getValue()), ++revision);
        }
        MeshIndex index = update.finish();
        assertThat(index.problemCount()).isZero();
        Set<String> keys = new TreeSet<>();
        List.of(index.identities, index.endpointsByIp, index.nodes, index.services)
                .forEach(set -> set.forEach(entry -> keys.add(((MeshEntry) entry).key())));
        assertThat(keys).isEqualTo(new TreeSet<>(values.keySet()));
        assertThat(index.nodes.first().ipv4Cidr()).isEqualTo("10.0.0.0/24");
    }
}
