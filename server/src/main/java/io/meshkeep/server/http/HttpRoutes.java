package io.meshkeep.server.http;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Routes by path: exact ones first, then the longest prefix, then 404. Immutable. */
public final class HttpRoutes implements HttpRoute {
    private final Map<String, HttpRoute> exact;
    private final TreeMap<String, HttpRoute> prefixes;

    private HttpRoutes(Map<String, HttpRoute> exact, TreeMap<String, HttpRoute> prefixes) {
        this.exact = exact;
        this.prefixes = prefixes;
    }

    /** No routes yet. */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public CompletionStage<HttpReply> handle(HttpCall call) {
        HttpRoute route = exact.get(call.path());
        if (route == null) {
            route = longestPrefix(call.path());
        }
        return route == null ? CompletableFuture.completedFuture(HttpReply.notFound()) : route.handle(call);
    }

    private HttpRoute longestPrefix(String path) {
        // Descending order puts a longer prefix of the same path before a shorter one.
        for (Map.Entry<String, HttpRoute> e :
                prefixes.headMap(path, true).descendingMap().entrySet()) {
            if (path.startsWith(e.getKey())) {
                return e.getValue();
            }
        }
        return null;
    }

    /** Collects routes. Not thread-safe. */
    public static final class Builder {
        private final Map<String, HttpRoute> exact = new HashMap<>();
        private final TreeMap<String, HttpRoute> prefixes = new TreeMap<>();

        private Builder() {}

        /** Adds a route for one path. */
        public Builder exact(String path, HttpRoute route) {
            exact.put(path, route);
            return this;
        }

        /** Adds a route for every path that begins with {@code prefix}. */
        public Builder prefix(String prefix, HttpRoute route) {
            prefixes.put(prefix, route);
            return this;
        }

        /** The routes added so far. */
        public HttpRoutes build() {
            return new HttpRoutes(Map.copyOf(exact), new TreeMap<>(prefixes));
        }
    }
}
