package io.meshkeep.store.mesh;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A mesh of a few names, so that random changes collide all the time. It knows what each key means because it made it,
 * not because it read it, and answers questions by looking at everything.
 */
final class TinyMesh {
    static final List<String> CLUSTERS = List.of("", "blue", "green");
    static final List<String> IPS = List.of(
            "10.0.0.1",
            "10.0.0.2",
            "10.0.0.3",
            "10.0.1.1",
            "10.0.1.2",
            "10.0.0.0/24",
            "10.0.0.1/32",
            "0.0.0.0/0",
            "255.255.255.255",
            "fd00::1",
            "fd00::2",
            "fd00::/64",
            "::",
            "::ffff:10.0.0.1");
    static final List<String> HOSTS = List.of("", "192.168.0.1", "192.168.0.2", "192.168.0.3");
    static final List<String> NAMESPACES = List.of("", "default", "kube-system");
    static final List<String> NODES = List.of("n1", "n2", "n3");
    static final List<Long> NUMBERS = List.of(0L, 1L, 6L, 200L, 300L, 301L, 302L, 303L, 16777300L, 4294967295L);
    static final List<String> KEYS = List.of("app", "env", "legacy");
    static final List<String> VALUES = List.of("", "a", "b", "c");
    static final List<String> SOURCES = List.of("k8s", "reserved", "unspec");

    /** What a key says. */
    sealed interface Fact {}

    record EndpointFact(
            String cluster, String ip, long identity, String host, String namespace, String pod, boolean mismatch)
            implements Fact {}

    record IdentityFact(String cluster, long number, Set<String> labels) implements Fact {}

    record NodeFact(String cluster, String name, List<String> ips, boolean registration, boolean mismatch)
            implements Fact {}

    record ServiceFact(String cluster, String namespace, String name, boolean export, boolean mismatch)
            implements Fact {}

    record MalformedFact() implements Fact {}

    record Entry(Fact fact, byte[] value, long revision) {}

    private final SplittableRandom random;
    final TreeMap<String, Entry> entries = new TreeMap<>();
    private long revision = 1;

    TinyMesh(long seed) {
        random = new SplittableRandom(seed);
    }

    <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    /** Makes random changes, each of another key, and gives the index after them. */
    MeshIndex change(MeshIndex index, int changes) {
        MeshUpdate update = index.update();
        Set<String> changed = new HashSet<>();
        for (int i = 0; i < changes; i++) {
            if (random.nextInt(4) == 0 && !entries.isEmpty()) {
                String key = oneOf(List.copyOf(entries.keySet()));
                if (changed.add(key)) {
                    entries.remove(key);
                    update.delete(bytes(key));
                }
            } else {
                put(changed, update);
            }
        }
        return update.finish();
    }

    private void put(Set<String> changed, MeshUpdate update) {
        String cluster = oneOf(CLUSTERS);
        String base = cluster.isEmpty() ? "cilium/state/" : "cilium/cache/";
        String middle = cluster.isEmpty() ? "" : cluster + "/";
        String key;
        String value;
        Fact fact;
        switch (random.nextInt(9)) {
            case 0, 1 -> {
                long number = Math.max(1, oneOf(NUMBERS));
                Set<String> labels = new TreeSet<>();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    labels.add(oneOf(SOURCES) + ":" + oneOf(KEYS) + "=" + oneOf(VALUES));
                }
                key = base + "identities/v1/" + middle + "id/" + number;
                value = String.join(";", labels) + ";";
                fact = new IdentityFact(cluster, number, labels);
            }
            case 2, 3, 4, 5 -> {
                String ip = oneOf(IPS);
                boolean mismatch = random.nextInt(10) == 0;
                EndpointFact endpoint = new EndpointFact(
                        cluster,
                        ip,
                        oneOf(NUMBERS),
                        oneOf(HOSTS),
                        oneOf(NAMESPACES),
                        random.nextBoolean() ? "" : "pod-" + random.nextInt(5),
                        mismatch);
                key = base + "ip/v1/" + (cluster.isEmpty() ? "default/" : middle) + ip;
                value = json(endpoint, mismatch ? "10.9.9.9" : ip);
                fact = endpoint;
            }
            case 6 -> {
                boolean registration = cluster.isEmpty() && random.nextBoolean();
                String name = oneOf(NODES);
                String keyCluster = cluster.isEmpty() ? oneOf(List.of("red", "rose")) : cluster;
                List<String> ips = new ArrayList<>();
                for (int i = random.nextInt(3); i > 0; i--) {
                    ips.add(oneOf(HOSTS));
                }
                boolean mismatch = random.nextInt(10) == 0;
                key = registration
                        ? "cilium/state/noderegister/v1/" + name
                        : base + "nodes/v1/" + keyCluster + "/" + name;
                List<String> addresses = ips.stream()
                        .map(ip -> "{\"Type\":\"InternalIP\",\"IP\":\"" + ip + "\"}")
                        .toList();
                value = "{\"Name\":\"" + (mismatch ? "other" : name) + "\",\"Cluster\":\"" + keyCluster
                        + "\",\"IPAddresses\":[" + String.join(",", addresses) + "],\"Labels\":{\"a\":[{}]}}";
                fact = new NodeFact(keyCluster, name, ips, registration, mismatch);
            }
            case 7 -> {
                boolean export = random.nextBoolean();
                String keyCluster = cluster.isEmpty() ? "red" : cluster;
                String namespace = oneOf(List.of("default", "kube-system"));
                String name = oneOf(NODES);
                boolean mismatch = random.nextInt(10) == 0;
                key = base + (export ? "serviceexports/v1/" : "services/v1/") + keyCluster + "/" + namespace + "/"
                        + name;
                value = "{\"cluster\":\"" + keyCluster + "\",\"namespace\":\"" + namespace + "\",\"name\":\""
                        + (mismatch ? "other" : name) + "\",\"shared\":true,\"frontends\":{\"10.1.1.1\":{}}}";
                fact = new ServiceFact(keyCluster, namespace, name, export, mismatch);
            }
            default -> {
                key = oneOf(List.of(
                        base + "ip/v1/" + (cluster.isEmpty() ? "default/" : middle) + oneOf(IPS),
                        base + "ip/v1/" + (cluster.isEmpty() ? "default/" : middle) + "10.0.0.01",
                        base + "nodes/v1/" + (cluster.isEmpty() ? "red" : cluster) + "/" + oneOf(NODES),
                        base + "services/v1/nothing",
                        base + "identities/v1/" + middle + "id/" + Math.max(1, oneOf(NUMBERS))));
                // for an identity an item without a key, for the others not JSON
                value = "k8s:=x";
                fact = new MalformedFact();
            }
        }
        if (changed.add(key)) {
            revision++;
            entries.put(key, new Entry(fact, bytes(value), revision));
            update.put(bytes(key), bytes(value), revision);
        }
    }

    private static String json(EndpointFact endpoint, String ip) {
        int slash = ip.indexOf('/');
        String mask = "null";
        if (slash >= 0) {
            boolean v6 = ip.contains(":");
            byte[] bits = new byte[v6 ? 16 : 4];
            for (int i = 0; i < Integer.parseInt(ip.substring(slash + 1)); i++) {
                bits[i / 8] |= (byte) (0x80 >>> i % 8);
            }
            mask = "\"" + java.util.Base64.getEncoder().encodeToString(bits) + "\"";
        }
        return "{\"IP\":\"" + (slash < 0 ? ip : ip.substring(0, slash)) + "\",\"Mask\":" + mask + ",\"HostIP\":\""
                + endpoint.host + "\",\"ID\":" + endpoint.identity + ",\"Key\":0,\"Metadata\":\"\",\"K8sNamespace\":\""
                + endpoint.namespace + "\",\"K8sPodName\":\"" + endpoint.pod + "\"}";
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The index of all keys, made in one go. */
    MeshIndex indexFromScratch() {
        MeshUpdate update = MeshIndex.EMPTY.update();
        entries.forEach((key, entry) -> update.put(bytes(key), entry.value, entry.revision));
        return update.finish();
    }

    /** The keys and facts of a type. */
    <F extends Fact> Map<String, F> facts(Class<F> type) {
        Map<String, F> facts = new TreeMap<>();
        entries.forEach((key, entry) -> {
            if (type.isInstance(entry.fact)) {
                facts.put(key, type.cast(entry.fact));
            }
        });
        return facts;
    }

    /** The labels of an identity; null if it is neither stored nor reserved. */
    Set<String> labels(String cluster, long number) {
        if (number > 0 && number < 256) {
            return number == 1 ? Set.of("reserved:host=") : number == 6 ? Set.of("reserved:remote-node=") : null;
        }
        for (IdentityFact identity : facts(IdentityFact.class).values()) {
            if (identity.cluster.equals(cluster) && identity.number == number) {
                return identity.labels;
            }
        }
        return null;
    }

    /** The name of the own cluster. */
    String localCluster() {
        TreeSet<String> names = new TreeSet<>();
        facts(NodeFact.class).forEach((key, node) -> {
            if (key.startsWith("cilium/state/nodes/")) {
                names.add(node.cluster);
            }
        });
        if (names.isEmpty()) {
            facts(ServiceFact.class).forEach((key, service) -> {
                if (key.startsWith("cilium/state/")) {
                    names.add(service.cluster);
                }
            });
        }
        return names.isEmpty() ? "" : names.first();
    }
}
