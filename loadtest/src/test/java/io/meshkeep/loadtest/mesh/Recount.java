package io.meshkeep.loadtest.mesh;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What keys of {@link MeshGenerator} mean, found by going through all of them. Written without a look at how the index
 * does it, and for these values alone.
 */
final class Recount {
    private static final Pattern FIELD =
            Pattern.compile("\"(IP|HostIP|K8sNamespace|K8sPodName)\":\"([^\"]*)\"|\"(ID)\":(\\d+)");
    private static final Pattern ADDRESS = Pattern.compile("\"Type\":\"[^\"]*\",\"IP\":\"([^\"]*)\"");

    record Pair(String cluster, String ip, String host, String namespace, String pod, long identity, String claimed) {}

    /** By key. */
    final Map<String, Pair> pairs = new TreeMap<>();

    /** Labels by cluster and number. */
    final Map<String, List<String>> identities = new TreeMap<>();

    final Map<String, List<String>> nodeAddresses = new TreeMap<>();
    final Set<String> services = new TreeSet<>();
    final Set<String> malformed = new TreeSet<>();

    /** @param own the name of the own cluster */
    Recount(Map<String, String> keys, String own) {
        keys.forEach((key, value) -> {
            String[] parts = key.split("/", 6);
            if (parts.length < 5 || !parts[0].equals("cilium") || !parts[3].equals("v1")) {
                return;
            }
            boolean state = parts[1].equals("state");
            if (!state && !parts[1].equals("cache")) {
                return;
            }
            if (value.startsWith("garbage")) {
                malformed.add(key);
                return;
            }
            switch (parts[2]) {
                case "ip" -> pairs.put(key, pair(state ? own : parts[4], parts[5], value));
                case "identities" -> {
                    String cluster = state ? own : parts[4];
                    String number = key.substring(key.lastIndexOf('/') + 1);
                    identities.put(cluster + " " + number, List.of(value.split(";")));
                }
                case "nodes" -> {
                    List<String> ips = new ArrayList<>();
                    Matcher address = ADDRESS.matcher(value);
                    while (address.find()) {
                        ips.add(address.group(1));
                    }
                    nodeAddresses.put(key, ips);
                }
                case "services", "serviceexports" -> services.add(key);
                default -> throw new AssertionError("what is " + key);
            }
        });
    }

    private static Pair pair(String cluster, String ip, String value) {
        Map<String, String> fields = new TreeMap<>();
        Matcher field = FIELD.matcher(value);
        while (field.find()) {
            if (field.group(1) != null) {
                fields.put(field.group(1), field.group(2));
            } else {
                fields.put(field.group(3), field.group(4));
            }
        }
        return new Pair(
                cluster,
                ip,
                fields.get("HostIP"),
                fields.get("K8sNamespace"),
                fields.get("K8sPodName"),
                Long.parseLong(fields.get("ID")),
                fields.get("IP"));
    }

    Set<String> pairs(Predicate<Pair> wanted) {
        Set<String> keys = new TreeSet<>();
        pairs.forEach((key, pair) -> {
            if (wanted.test(pair)) {
                keys.add(key);
            }
        });
        return keys;
    }

    boolean hasLabel(Pair pair, String label) {
        List<String> labels = identities.get(pair.cluster + " " + pair.identity);
        return labels != null && labels.contains(label);
    }

    boolean isKnown(Pair pair) {
        return identities.containsKey(pair.cluster + " " + pair.identity);
    }
}
