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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * As much of a Kubernetes API server as informers need: lists and watches of whole kinds, with label selectors, resource
 * versions, and 410 for a version from before a restart. Objects are put in directly.
 */
public final class FakeKubernetes implements AutoCloseable {
    private static final Map<String, String> PLURALS = Map.of(
            "CiliumIdentity", "ciliumidentities",
            "CiliumNode", "ciliumnodes",
            "CiliumEndpoint", "ciliumendpoints",
            "CiliumEndpointSlice", "ciliumendpointslices",
            "ServiceExport", "serviceexports",
            "Service", "services",
            "EndpointSlice", "endpointslices");

    private record Event(long version, String type, String collection, Map<String, Object> object) {}

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "fake-kubernetes");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<String, Map<String, Object>> objects = new TreeMap<>();
    private final List<Event> events = new ArrayList<>();
    private long version = 1000;
    private long oldestVersion = version;
    private int life;
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

    /** A client as the process itself makes one. */
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

    /** Puts an object there, or in place of the one of its name. */
    public synchronized void put(Map<?, ?> document) {
        String type = objects.containsKey(key(document)) ? "MODIFIED" : "ADDED";
        objects.put(key(document), stamped(document, ++version));
        tell(new Event(version, type, collection(document), objects.get(key(document))));
    }

    public synchronized void delete(Map<?, ?> document) {
        Map<String, Object> last = objects.remove(key(document));
        if (last != null) {
            tell(new Event(++version, "DELETED", collection(document), stamped(last, version)));
        }
    }

    private void tell(Event event) {
        events.add(event);
        notifyAll();
    }

    private static Map<String, Object> stamped(Map<?, ?> document, long version) {
        Map<String, Object> stamped = new LinkedHashMap<>();
        document.forEach((key, value) -> stamped.put((String) key, value));
        Map<String, Object> metadata = new LinkedHashMap<>();
        ((Map<?, ?>) document.get("metadata")).forEach((key, value) -> metadata.put((String) key, value));
        metadata.put("resourceVersion", Long.toString(version));
        stamped.put("metadata", metadata);
        return stamped;
    }

    /** Breaks all connections, and is there again with all objects, but not with the history of their changes. */
    public void restart() {
        synchronized (this) {
            life++;
            events.clear();
            oldestVersion = ++version;
            notifyAll();
        }
        server.stop(0);
        listen();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
            if (query.containsKey("watch")) {
                watch(exchange, path, query);
            } else {
                byte[] body = list(path, query).getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        }
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

    private synchronized String list(String path, Map<String, String> query) {
        List<Object> items = new ArrayList<>();
        objects.forEach((key, object) -> {
            if (key.startsWith(path + " ") && isSelected(object, query.get("labelSelector"))) {
                items.add(object);
            }
        });
        return Fixture.json(Map.of(
                "apiVersion",
                "v1",
                "kind",
                "List",
                "metadata",
                Map.of("resourceVersion", Long.toString(version)),
                "items",
                items));
    }

    /** One requirement: {@code !key}, {@code key!=value} or {@code key=value}. */
    private static boolean isSelected(Map<String, Object> object, String selector) {
        if (selector == null) {
            return true;
        }
        Object found = ((Map<?, ?>) object.get("metadata")).get("labels");
        Map<?, ?> labels = found instanceof Map<?, ?> map ? map : Map.of();
        if (selector.startsWith("!")) {
            return !labels.containsKey(selector.substring(1));
        }
        int equals = selector.indexOf('=');
        boolean negated = selector.charAt(equals - 1) == '!';
        String key = selector.substring(0, negated ? equals - 1 : equals);
        return negated != selector.substring(equals + 1).equals(labels.get(key));
    }

    private void watch(HttpExchange exchange, String path, Map<String, String> query) throws IOException {
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
            synchronized (this) {
                if (after < oldestVersion) {
                    lines.add(
                            "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"code\":410,"
                                    + "\"status\":\"Failure\",\"reason\":\"Expired\",\"message\":\"too old resource version\"}}");
                }
                for (Event event : events) {
                    if (event.version > after
                            && event.collection.equals(path)
                            && isSelected(event.object, query.get("labelSelector"))) {
                        lines.add("{\"type\":\"" + event.type + "\",\"object\":" + Fixture.json(event.object) + "}");
                        after = event.version;
                    }
                }
                if (life != begun) {
                    return;
                }
                if (lines.isEmpty()) {
                    try {
                        wait();
                    } catch (InterruptedException e) {
                        return;
                    }
                    continue;
                }
            }
            for (String line : lines) {
                out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            }
            out.flush();
            if (lines.get(0).contains("\"ERROR\"")) {
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
