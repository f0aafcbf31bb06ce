package io.meshkeep.clustermesh.kvstoremesh;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.ByteString;
import java.math.BigDecimal;
import java.util.Optional;

/**
 * What a cluster says of itself in {@code cilium/cluster-config/<name>}.
 *
 * @param id number of the cluster in the mesh; 0 if it has none
 * @param syncedCanaries whether it says of each kind of keys when it is complete
 * @param cached whether its keys are those of a mirror, below {@code cilium/cache/}
 * @param maxConnectedClusters how many clusters its mesh may have; 0 if it does not say
 * @param serviceExports whether service exports are on; empty if it does not know them (Cilium up to 1.16)
 */
record ClusterConfig(
        int id, boolean syncedCanaries, boolean cached, int maxConnectedClusters, Optional<Boolean> serviceExports) {
    static final String PREFIX = "cilium/cluster-config/";

    /**
     * Reads a value. Unknown fields are passed over.
     *
     * @throws IllegalArgumentException with one line that says what is wrong
     */
    static ClusterConfig parse(ByteString value) {
        JsonElement root;
        try {
            root = Json.parse(value.toStringUtf8());
        } catch (JsonParseException e) {
            throw new IllegalArgumentException("it is not valid JSON", e);
        }
        if (!root.isJsonObject()) {
            throw new IllegalArgumentException("it is not a JSON object");
        }
        JsonElement capabilities = root.getAsJsonObject().get("capabilities");
        JsonObject can =
                capabilities != null && capabilities.isJsonObject() ? capabilities.getAsJsonObject() : new JsonObject();
        return new ClusterConfig(
                number(root.getAsJsonObject(), "id"),
                flag(can, "syncedCanaries").orElse(false),
                flag(can, "cached").orElse(false),
                number(can, "maxConnectedClusters"),
                flag(can, "serviceExportsEnabled"));
    }

    private static int number(JsonObject object, String field) {
        JsonElement value = object.get(field);
        if (value == null || value.isJsonNull()) {
            return 0;
        }
        try {
            if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
                int number = new BigDecimal(primitive.getAsString()).intValueExact();
                if (number >= 0) {
                    return number;
                }
            }
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("its \"" + field + "\" is no number that can be meant", e);
        }
        throw new IllegalArgumentException("its \"" + field + "\" is no number that can be meant");
    }

    private static Optional<Boolean> flag(JsonObject object, String field) {
        JsonElement value = object.get(field);
        if (value == null || value.isJsonNull()) {
            return Optional.empty();
        }
        if (!(value instanceof JsonPrimitive primitive) || !primitive.isBoolean()) {
            throw new IllegalArgumentException("its \"" + field + "\" is neither true nor false");
        }
        return Optional.of(primitive.getAsBoolean());
    }

    /** What a mirror of this cluster says of itself. */
    ClusterConfig mirrored() {
        return new ClusterConfig(id, true, true, maxConnectedClusters, serviceExports);
    }

    /** The value, as Cilium writes it: fields that say nothing are left out. */
    ByteString toJson() {
        StringBuilder json = new StringBuilder("{");
        if (id != 0) {
            json.append("\"id\":").append(id).append(',');
        }
        json.append("\"capabilities\":{");
        int start = json.length();
        if (syncedCanaries) {
            json.append("\"syncedCanaries\":true,");
        }
        if (cached) {
            json.append("\"cached\":true,");
        }
        if (maxConnectedClusters != 0) {
            json.append("\"maxConnectedClusters\":")
                    .append(maxConnectedClusters)
                    .append(',');
        }
        serviceExports.ifPresent(
                on -> json.append("\"serviceExportsEnabled\":").append(on).append(','));
        if (json.length() > start) {
            json.setLength(json.length() - 1);
        }
        return ByteString.copyFromUtf8(json.append("}}").toString());
    }
}
