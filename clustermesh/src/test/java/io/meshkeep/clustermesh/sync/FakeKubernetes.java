package io.meshkeep.clustermesh.sync;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.meshkeep.clustermesh.apiserver.Kubernetes;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * As much of a Kubernetes API server as a process of ours needs: lists and watches with label selectors, resource
 * versions, and 410 for a version from before a restart; and single objects, which are read, created, replaced, patched
 * and deleted with Kubernetes' conflicts. Objects can be put in directly too.
 */
public final class FakeKubernetes implements KubernetesApi {
    private static final Map<String, String> PLURALS = Map.of(
            "CiliumIdentity", "ciliumidentities",
            "CiliumNode", "ciliumnodes",
            "CiliumEndpoint", "ciliumendpoints",
            "CiliumEndpointSlice", "ciliumendpointslices",
            "CiliumExternalWorkload", "ciliumexternalworkloads",
            "ServiceExport", "serviceexports",
            "Service", "services",
            "EndpointSlice", "endpointslices",
            "Namespace", "namespaces");

    /** Its status is a resource of its own, which the object itself does not change. */
    private static final String WITH_STATUS = "ciliumexternalworkloads";

    private record Event(long version, String type, String namespace, Map<String, Object> object) {}

    /** What a request is about; parts that it does not name are null. */
    private record Target(String collection, String namespace, String name, String part) {
        static Target of(String path) {
            List<String> words = List.of(path.substring(1).split("/"));
            int base = words.get(0).equals("api") ? 2 : 3;
            String namespace = null;
            int at = base;
            if (words.get(at).equals("namespaces") && words.size() > at + 2) {
                namespace = words.get(at + 1);
                at += 2;
            }
            return new Target(
                    "/" + String.join("/", words.subList(0, base)) + "/" + words.get(at),
                    namespace,
                    words.size() > at + 1 ? words.get(at + 1) : null,
                    words.size() > at + 2 ? words.get(at + 2) : null);
        }

        String key() {
            return collection + " " + namespace + "/" + name;
        }
    }

    /** An answer that is no success. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final int code;
        private final String reason;

        Refused(int code, String reason) {
            super(reason);
            this.code = code;
            this.reason = reason;
        }
    }

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "fake-kubernetes");
        thread.setDaemon(true);
        return thread;
    });
    private final NavigableMap<String, Map<String, Object>> objects = new TreeMap<>();
    private final Map<String, List<Event>> events = new HashMap<>();
    private long version = 1000;
    private long oldestVersion = version;
    private int life;
    private int lists;
    private HttpServer server;
    private int port;

    public FakeKubernetes() {
        listen();
    }

    private void listen() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
        port = server.getAddress().getPort();
    }

    public String url() {
        return "http://127.0.0.1:" + port + "/";
    }

    @Override
    public KubernetesClient client() {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(url())
                .withWatchReconnectInterval(100)
                .build();
        return Kubernetes.client(config);
    }

    private static String collection(Map<?, ?> document) {
        String version = (String) document.get("apiVersion");
        return (version.equals("v1") ? "/api/" : "/apis/") + version + "/" + PLURALS.get(document.get("kind"));
    }

    private static String key(Map<?, ?> document) {
        Map<?, ?> metadata = (Map<?, ?>) document.get("metadata");
        return collection(document) + " " + metadata.get("namespace") + "/" + metadata.get("name");
    }

    @Override
    public synchronized void put(Map<?, ?> document) {
        put(key(document), collection(document), document);
    }

    private Map<String, Object> put(String key, String collection, Map<?, ?> document) {
        String type = objects.containsKey(key) ? "MODIFIED" : "ADDED";
        Map<String, Object> stored = stamped(document, ++version);
        objects.put(key, stored);
        tell(collection, new Event(version, type, namespace(stored), stored));
        return stored;
    }

    @Override
    public synchronized void delete(Map<?, ?> document) {
        delete(key(document), collection(document));
    }

    private Map<String, Object> delete(String key, String collection) {
        Map<String, Object> last = objects.remove(key);
        if (last != null) {
            tell(collection, new Event(++version, "DELETED", namespace(last), stamped(last, version)));
        }
        return last;
    }

    private static String namespace(Map<String, Object> document) {
        return (String) ((Map<?, ?>) document.get("metadata")).get("namespace");
    }

    private void tell(String collection, Event event) {
        events.computeIfAbsent(collection, any -> new ArrayList<>()).add(event);
        notifyAll();
    }

    private static Map<String, Object> stamped(Map<?, ?> document, long version) {
        Map<String, Object> stamped = copy(document);
        Map<String, Object> metadata = copy(document.get("metadata"));
        metadata.put("resourceVersion", Long.toString(version));
        stamped.put("metadata", metadata);
        return stamped;
    }

    @Override
    public List<Map<?, ?>> takenThoughOdd() {
        return Fixture.refused();
    }

    @Override
    public Map<String, String> asPut(Map<String, String> keys) {
        return keys;
    }

    /** Is there again with all objects, but not with the history of their changes. */
    @Override
    public void interrupt(Runnable meanwhile) {
        synchronized (this) {
            life++;
            notifyAll();
        }
        server.stop(0);
        meanwhile.run();
        synchronized (this) {
            events.clear();
            oldestVersion = ++version;
        }
        listen();
    }

    @Override
    public void settle() {
        // lists are never behind
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Target target = Target.of(exchange.getRequestURI().getPath());
            Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
            if (query.containsKey("watch")) {
                watch(exchange, target, query);
                return;
            }
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            try {
                answer(
                        exchange,
                        exchange.getRequestMethod().equals("POST") ? 201 : 200,
                        target.name == null && exchange.getRequestMethod().equals("GET")
                                ? list(target, query)
                                : Fixture.json(one(exchange.getRequestMethod(), target, body)));
            } catch (Refused refused) {
                answer(
                        exchange,
                        refused.code,
                        Fixture.json(Map.of(
                                "kind",
                                "Status",
                                "apiVersion",
                                "v1",
                                "status",
                                "Failure",
                                "code",
                                refused.code,
                                "reason",
                                refused.reason,
                                "message",
                                target.key() + ": " + refused.reason)));
            }
        }
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    /** What is asked of a single object; gives it as it is now, or was. */
    private synchronized Map<String, Object> one(String method, Target target, String body) throws Refused {
        if (method.equals("POST")) {
            return create(target, Fixture.map(body));
        }
        Map<String, Object> present = objects.get(target.key());
        if (present == null) {
            throw new Refused(404, "NotFound");
        }
        return switch (method) {
            case "GET" -> present;
            case "PUT" -> put(target.key(), target.collection, replaced(target, present, Fixture.map(body)));
            case "PATCH" -> put(target.key(), target.collection, patched(present, Fixture.list(body)));
            case "DELETE" -> {
                if (!body.isEmpty() && Fixture.map(body).get("preconditions") instanceof Map<?, ?> preconditions) {
                    unchanged(present, preconditions);
                }
                yield delete(target.key(), target.collection);
            }
            default -> throw new Refused(405, "MethodNotAllowed");
        };
    }

    private Map<String, Object> create(Target target, Map<String, Object> document) throws Refused {
        Map<String, Object> metadata = copy(document.get("metadata"));
        if (target.namespace != null) {
            metadata.put("namespace", target.namespace);
        }
        metadata.put("uid", UUID.randomUUID().toString());
        metadata.put(
                "creationTimestamp",
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        document.put("metadata", metadata);
        Target made = new Target(target.collection, target.namespace, (String) metadata.get("name"), null);
        if (objects.containsKey(made.key())) {
            throw new Refused(409, "AlreadyExists");
        }
        if (target.collection.endsWith(WITH_STATUS)) {
            document.remove("status");
        }
        return put(made.key(), made.collection, document);
    }

    private static Map<String, Object> replaced(
            Target target, Map<String, Object> present, Map<String, Object> document) throws Refused {
        unchanged(present, (Map<?, ?>) document.get("metadata"));
        boolean status = "status".equals(target.part);
        if (!status && !target.collection.endsWith(WITH_STATUS)) {
            return document;
        }
        Map<String, Object> kept = status ? copy(present) : document;
        Object part = (status ? document : present).get("status");
        if (part == null) {
            kept.remove("status");
        } else {
            kept.put("status", part);
        }
        return kept;
    }

    private static void unchanged(Map<String, Object> present, Map<?, ?> wanted) throws Refused {
        Object expected = wanted.get("resourceVersion");
        if (expected != null && !expected.equals(((Map<?, ?>) present.get("metadata")).get("resourceVersion"))) {
            throw new Refused(409, "Conflict");
        }
    }

    /** JSON Patch, of which {@code add} and {@code remove} of fields are used. */
    private static Map<String, Object> patched(Map<String, Object> present, List<Object> changes) {
        Map<String, Object> patched = copy(present);
        for (Object change : changes) {
            Map<?, ?> operation = (Map<?, ?>) change;
            String[] path = ((String) operation.get("path")).substring(1).split("/");
            Map<String, Object> at = patched;
            for (int i = 0; i < path.length - 1; i++) {
                Map<String, Object> below = copy(at.get(path[i]));
                at.put(path[i], below);
                at = below;
            }
            if (operation.get("op").equals("remove")) {
                at.remove(path[path.length - 1]);
            } else {
                at.put(path[path.length - 1], operation.get("value"));
            }
        }
        return patched;
    }

    private static Map<String, Object> copy(Object map) {
        Map<String, Object> copy = new LinkedHashMap<>();
        ((Map<?, ?>) map).forEach((key, value) -> copy.put((String) key, value));
        return copy;
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> query = new HashMap<>();
        if (raw != null) {
            for (String pair : raw.split("&")) {
                int equals = pair.indexOf('=');
                query.put(
                        pair.substring(0, equals),
                        URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return query;
    }

    /** How often all objects of a kind have been asked for. */
    synchronized int lists() {
        return lists;
    }

    /** All pages tell the first one's version, from which a watch has to begin to miss nothing. */
    private synchronized String list(Target target, Map<String, String> query) throws Refused {
        String prefix = target.collection + " " + (target.namespace == null ? "" : target.namespace + "/");
        List<Object> items = new ArrayList<>();
        int limit = Integer.parseInt(query.getOrDefault("limit", "0"));
        String[] token = query.getOrDefault("continue", "").split(":", 2);
        if (token.length == 1) {
            lists++;
        }
        long at = token.length == 2 ? Long.parseLong(token[0]) : version;
        if (at < oldestVersion) {
            throw new Refused(410, "Expired");
        }
        String last = token.length == 2 ? token[1] : "";
        String next = "";
        for (Map.Entry<String, Map<String, Object>> entry :
                objects.tailMap(prefix + last, last.isEmpty()).entrySet()) {
            if (!entry.getKey().startsWith(prefix)) {
                break;
            }
            if (!isSelected(entry.getValue(), query.get("labelSelector"))) {
                continue;
            }
            if (limit > 0 && items.size() == limit) {
                next = at + ":" + last;
                break;
            }
            items.add(entry.getValue());
            last = entry.getKey().substring(prefix.length());
        }
        return Fixture.json(Map.of(
                "apiVersion",
                "v1",
                "kind",
                "List",
                "metadata",
                Map.of("resourceVersion", Long.toString(at), "continue", next),
                "items",
                items));
    }

    private static boolean isSelected(Map<String, Object> object, String selector) {
        Object found = ((Map<?, ?>) object.get("metadata")).get("labels");
        Map<?, ?> labels = found instanceof Map<?, ?> map ? map : Map.of();
        return selector == null || Arrays.stream(selector.split(",")).allMatch(one -> isMet(labels, one));
    }

    /** One requirement: {@code !key}, {@code key}, {@code key!=value} or {@code key=value}. */
    private static boolean isMet(Map<?, ?> labels, String selector) {
        if (selector.startsWith("!")) {
            return !labels.containsKey(selector.substring(1));
        }
        int equals = selector.indexOf('=');
        if (equals < 0) {
            return labels.containsKey(selector);
        }
        boolean negated = selector.charAt(equals - 1) == '!';
        String key = selector.substring(0, negated ? equals - 1 : equals);
        return negated != selector.substring(equals + 1).equals(labels.get(key));
    }

    /** The events of a kind, of which those after a version are wanted. */
    private List<Event> after(String collection, long seen) {
        List<Event> all = events.getOrDefault(collection, List.of());
        int low = 0;
        int high = all.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (all.get(middle).version <= seen) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return List.copyOf(all.subList(low, all.size()));
    }

    private void watch(HttpExchange exchange, Target target, Map<String, String> query) throws IOException {
        long after = Long.parseLong(query.get("resourceVersion"));
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        int begun;
        synchronized (this) {
            begun = life;
        }
        while (true) {
            List<String> lines = new ArrayList<>();
            List<Event> next;
            synchronized (this) {
                if (after < oldestVersion) {
                    lines.add(
                            "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":410,"
                                    + "\"status\":\"Failure\",\"reason\":\"Expired\",\"message\":\"too old resource version\"}}");
                }
                next = after(target.collection, after);
                if (life != begun) {
                    return;
                }
                if (lines.isEmpty() && next.isEmpty()) {
                    try {
                        wait();
                    } catch (InterruptedException e) {
                        return;
                    }
                    continue;
                }
            }
            // encoded out here, so that whoever puts objects in does not wait for it
            for (Event event : next) {
                after = event.version;
                if ((target.namespace == null || target.namespace.equals(event.namespace))
                        && isSelected(event.object, query.get("labelSelector"))) {
                    lines.add("{\"type\":\"" + event.type + "\",\"object\":" + Fixture.json(event.object) + "}");
                }
            }
            for (String line : lines) {
                out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            }
            out.flush();
            if (!lines.isEmpty() && lines.get(0).contains("\"ERROR\"")) {
                return;
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
