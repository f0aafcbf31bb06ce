package io.meshkeep.loadtest.sync;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * As much of a Kubernetes API server as a synchronisation needs for its start: the endpoints of a cluster, which are made
 * up as they are asked for, in pages if the client wants pages, and nothing of any other kind. Watches stay silent.
 */
final class EndpointApi implements AutoCloseable {
    private static final String VERSION = "1000";
    private static final int BUFFER = 1 << 16;

    private final PodTemplate pods;
    private final boolean slices;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicLong bytes = new AtomicLong();
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "endpoint-api");
        thread.setDaemon(true);
        return thread;
    });
    private final HttpServer server;

    /** @param slices whether the endpoints are in CiliumEndpointSlices, not in CiliumEndpoints */
    EndpointApi(PodTemplate pods, boolean slices) throws IOException {
        this.pods = pods;
        this.slices = slices;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    /** How much of the endpoints' kind has been sent. */
    long bytes() {
        return bytes.get();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, 0);
            if (query.containsKey("watch")) {
                exchange.getResponseBody().flush();
                closed.await();
            } else if (path.endsWith(slices ? "/ciliumendpointslices" : "/ciliumendpoints")) {
                list(exchange.getResponseBody(), query);
            } else {
                exchange.getResponseBody().write(text(head("") + "]}"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String head(String next) {
        return "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"" + VERSION
                + "\",\"continue\":\"" + next + "\"},\"items\":[";
    }

    private void list(OutputStream out, Map<String, String> query) throws IOException {
        int all = slices ? pods.slices() : pods.count();
        int from = Integer.parseInt(query.getOrDefault("continue", "0"));
        int limit = Integer.parseInt(query.getOrDefault("limit", "0"));
        int to = limit == 0 ? all : Math.min(all, from + limit);
        Chunk chunk = new Chunk(out);
        chunk.add(text(head(to < all ? Integer.toString(to) : "")));
        for (int i = from; i < to; i++) {
            if (i > from) {
                chunk.add(text(","));
            }
            if (slices) {
                pods.slice(i, chunk::add);
            } else {
                pods.endpoint(i, chunk::add);
            }
        }
        chunk.add(text("]}"));
        chunk.flush();
    }

    /** Gathers small pieces. */
    private final class Chunk {
        private final OutputStream out;
        private final byte[] buffer = new byte[BUFFER];
        private int used;

        Chunk(OutputStream out) {
            this.out = out;
        }

        void add(byte[] piece) throws IOException {
            if (used + piece.length > buffer.length) {
                flush();
            }
            System.arraycopy(piece, 0, buffer, used, piece.length);
            used += piece.length;
        }

        void flush() throws IOException {
            out.write(buffer, 0, used);
            bytes.addAndGet(used);
            used = 0;
        }
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
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

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
