package io.meshkeep.clustermesh.kvstoremesh;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/**
 * The status as Cilium's {@code GET /v1/cluster} gives it, in JSON, and as {@code kvstoremesh-dbg status} shows that.
 * Fields that are zero or false are left out, as there.
 */
final class StatusOutput {
    /** What Go writes for a time that is not set. */
    /** Where it is served, as Cilium's API has it. */
    static final String PATH = "/v1/cluster";

    private static final String NEVER = "0001-01-01T00:00:00.000Z";

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private static final Gson COMPACT = new GsonBuilder().disableHtmlEscaping().create();
    private static final Gson INDENTED =
            new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create();

    private StatusOutput() {}

    static byte[] json(List<RemoteStatus> clusters) {
        JsonArray list = new JsonArray();
        clusters.forEach(cluster -> list.add(cluster(cluster)));
        return COMPACT.toJson(list).getBytes(StandardCharsets.UTF_8);
    }

    private static JsonObject cluster(RemoteStatus cluster) {
        JsonObject node = new JsonObject();
        cluster.config().ifPresent(config -> node.add("config", config(config)));
        putTrue(node, "connected", cluster.connected());
        node.addProperty("last-failure", cluster.lastFailure().map(TIME::format).orElse(NEVER));
        node.addProperty("name", cluster.name());
        putCount(node, "num-endpoints", cluster.of(Resource.ENDPOINTS).entries());
        putCount(node, "num-failures", cluster.failures());
        putCount(node, "num-identities", cluster.of(Resource.IDENTITIES).entries());
        putCount(node, "num-nodes", cluster.of(Resource.NODES).entries());
        putCount(
                node,
                "num-service-exports",
                cluster.of(Resource.SERVICE_EXPORTS).entries());
        putCount(node, "num-shared-services", cluster.of(Resource.SERVICES).entries());
        putTrue(node, "ready", cluster.ready());
        node.addProperty("status", cluster.status());
        JsonObject synced = new JsonObject();
        putTrue(synced, "endpoints", cluster.of(Resource.ENDPOINTS).synced());
        putTrue(synced, "identities", cluster.of(Resource.IDENTITIES).synced());
        putTrue(synced, "nodes", cluster.of(Resource.NODES).synced());
        if (exportsKnown(cluster)) {
            synced.addProperty(
                    "service-exports", cluster.of(Resource.SERVICE_EXPORTS).synced());
        }
        putTrue(synced, "services", cluster.of(Resource.SERVICES).synced());
        node.add("synced", synced);
        return node;
    }

    private static boolean exportsKnown(RemoteStatus cluster) {
        return cluster.config()
                .flatMap(RemoteStatus.Config::retrieved)
                .flatMap(ClusterConfig::serviceExports)
                .isPresent();
    }

    private static JsonObject config(RemoteStatus.Config config) {
        JsonObject node = new JsonObject();
        config.retrieved().ifPresent(retrieved -> {
            putCount(node, "cluster-id", retrieved.id());
            putTrue(node, "kvstoremesh", retrieved.cached());
        });
        node.addProperty("required", true);
        config.retrieved().ifPresent(retrieved -> {
            node.addProperty("retrieved", true);
            retrieved.serviceExports().ifPresent(on -> node.addProperty("service-exports-enabled", on));
            putTrue(node, "sync-canaries", retrieved.syncedCanaries());
        });
        return node;
    }

    private static void putTrue(JsonObject node, String field, boolean value) {
        if (value) {
            node.addProperty(field, true);
        }
    }

    private static void putCount(JsonObject node, String field, long value) {
        if (value != 0) {
            node.addProperty(field, value);
        }
    }

    /**
     * Reads what {@link #json} wrote, or Cilium's own kvstoremesh.
     *
     * @throws IllegalArgumentException if it is something else
     */
    static JsonArray parse(String json) {
        JsonElement clusters;
        try {
            clusters = Json.parse(json);
        } catch (JsonParseException e) {
            throw new IllegalArgumentException("the answer is not JSON", e);
        }
        // Go's way of writing no list at all
        if (clusters.isJsonNull()) {
            return new JsonArray();
        }
        if (!clusters.isJsonArray()) {
            throw new IllegalArgumentException("the answer is not a list of clusters");
        }
        for (JsonElement cluster : clusters.getAsJsonArray()) {
            if (!cluster.isJsonObject()) {
                throw new IllegalArgumentException("the answer is not a list of clusters");
            }
        }
        return clusters.getAsJsonArray();
    }

    /** The same, indented as Cilium's programs do. */
    static String pretty(JsonArray clusters) {
        return INDENTED.toJson(clusters) + "\n";
    }

    /**
     * The table.
     *
     * @param verbose whether to say everything of clusters that are ready too
     */
    static String text(JsonArray clusters, Instant now, boolean verbose) {
        StringBuilder text = new StringBuilder();
        int ready = 0;
        for (JsonElement each : clusters) {
            ready += new Fields(each).isTrue("ready") ? 1 : 0;
        }
        text.append("KVStoreMesh:   ")
                .append(ready)
                .append('/')
                .append(clusters.size())
                .append(" remote clusters ready\n");
        for (JsonElement each : clusters) {
            Fields cluster = new Fields(each);
            boolean isReady = cluster.isTrue("ready");
            text.append(String.format(
                    Locale.ROOT,
                    "   %s: %s, %d nodes, %d endpoints, %d identities, %d services, %d reconnections (last: %s)\n",
                    cluster.text("name"),
                    isReady ? "ready" : "not-ready",
                    cluster.number("num-nodes"),
                    cluster.number("num-endpoints"),
                    cluster.number("num-identities"),
                    cluster.number("num-shared-services"),
                    cluster.number("num-failures"),
                    ago(cluster.text("last-failure"), now)));
            if (!isReady || verbose) {
                details(cluster, text);
            }
        }
        return text.toString();
    }

    private static void details(Fields cluster, StringBuilder text) {
        text.append("   └  ").append(cluster.text("status")).append('\n');
        text.append("   └  remote configuration: ");
        if (cluster.has("config")) {
            Fields config = cluster.object("config");
            text.append("expected=").append(config.isTrue("required"));
            text.append(", retrieved=").append(config.isTrue("retrieved"));
            if (config.isTrue("retrieved")) {
                text.append(", cluster-id=").append(config.number("cluster-id"));
                text.append(", kvstoremesh=").append(config.isTrue("kvstoremesh"));
                text.append(", sync-canaries=").append(config.isTrue("sync-canaries"));
                if (config.has("service-exports-enabled")) {
                    text.append(", service-exports=")
                            .append(config.isTrue("service-exports-enabled") ? "enabled" : "disabled");
                }
            }
        } else {
            text.append("expected=unknown, retrieved=unknown");
        }
        Fields synced = cluster.object("synced");
        text.append("\n   └  synchronization status:");
        String comma = " ";
        for (String kind : List.of("nodes", "endpoints", "identities", "services")) {
            text.append(comma).append(kind).append('=').append(synced.isTrue(kind));
            comma = ", ";
        }
        if (synced.has("service-exports")) {
            text.append(", service-exports=").append(synced.isTrue("service-exports"));
        }
        text.append('\n');
    }

    /** An object whose fields may be missing, which stands for what is nothing in their type. */
    private record Fields(JsonElement object) {
        private JsonElement get(String field) {
            return object.isJsonObject() ? object.getAsJsonObject().get(field) : null;
        }

        boolean has(String field) {
            return get(field) != null;
        }

        boolean isTrue(String field) {
            return has(field) && get(field).isJsonPrimitive() && get(field).getAsBoolean();
        }

        long number(String field) {
            return has(field) && get(field).isJsonPrimitive() ? get(field).getAsLong() : 0;
        }

        String text(String field) {
            return has(field) && get(field).isJsonPrimitive() ? get(field).getAsString() : "";
        }

        Fields object(String field) {
            return new Fields(has(field) ? get(field) : new JsonObject());
        }
    }

    /** A time as Go's durations are written, such as {@code 1h2m3s ago}. */
    private static String ago(String time, Instant now) {
        if (time.isEmpty() || time.startsWith("0001-")) {
            return "never";
        }
        try {
            Duration since = Duration.between(OffsetDateTime.parse(time).toInstant(), now)
                    .truncatedTo(ChronoUnit.SECONDS);
            long hours = since.toHours();
            String minutes = since.toMinutesPart() + "m";
            return (hours > 0 ? hours + "h" + minutes : since.toMinutes() > 0 ? minutes : "") + since.toSecondsPart()
                    + "s ago";
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("\"" + time + "\" is not a time", e);
        }
    }
}
