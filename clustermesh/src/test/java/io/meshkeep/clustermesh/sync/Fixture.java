package io.meshkeep.clustermesh.sync;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Kubernetes objects ({@code objects.json}), and the keys and values that Cilium 1.16.19's own types make of them:
 * {@code shared.txt} where only shared services are synchronised, {@code all.txt} where all are. Lines of keys and values
 * alternate. Objects that no Kubernetes would take, but that are to do no harm if one does, are apart ({@code
 * refused.json}), and so is what they add ({@code refused.txt}).
 */
final class Fixture {
    static final Cluster CLUSTER = Cluster.of("one", 3);

    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    private Fixture() {}

    private static String read(String name) {
        try (InputStream in = Fixture.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The objects as JSON, as a client would send them. */
    static List<Map<?, ?>> documents() {
        return items("objects.json");
    }

    /** Those that Kubernetes refuses, for their labels, ports or addresses. */
    static List<Map<?, ?>> refused() {
        return items("refused.json");
    }

    private static List<Map<?, ?>> items(String name) {
        List<Map<?, ?>> documents = new ArrayList<>();
        ((List<?>) JSON.unmarshal(read(name), Map.class).get("items")).forEach(item -> documents.add((Map<?, ?>) item));
        return documents;
    }

    /** A CiliumEndpoint in the namespace {@code default}, on the node 172.18.0.2. */
    static Map<?, ?> endpoint(String name, String ip, int identity) {
        return Map.of(
                "apiVersion",
                "cilium.io/v2",
                "kind",
                "CiliumEndpoint",
                "metadata",
                Map.of("name", name, "namespace", "default"),
                "status",
                Map.of(
                        "identity",
                        Map.of("id", identity),
                        "networking",
                        Map.of("addressing", List.of(Map.of("ipv4", ip)), "node", "172.18.0.2")));
    }

    static String json(Object document) {
        return JSON.asJson(document);
    }

    static Map<String, Object> map(String json) {
        Map<String, Object> map = new LinkedHashMap<>();
        JSON.unmarshal(json, Map.class).forEach((key, value) -> map.put((String) key, value));
        return map;
    }

    static List<Object> list(String json) {
        return new ArrayList<>(JSON.unmarshal(json, List.class));
    }

    /** Keys and values. */
    static Map<String, String> keys(String name) {
        Map<String, String> keys = new TreeMap<>();
        String[] lines = read(name).split("\n", -1);
        for (int i = 0; i + 1 < lines.length; i += 2) {
            keys.put(lines[i], lines[i + 1]);
        }
        return keys;
    }
}
