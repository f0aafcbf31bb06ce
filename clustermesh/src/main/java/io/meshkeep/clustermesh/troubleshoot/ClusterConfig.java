package io.meshkeep.clustermesh.troubleshoot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;

/**
 * What matters here of {@code cilium/cluster-config/...}.
 *
 * @param id the cluster's number in the mesh; 0 if it has none
 * @param cached whether the keys are a mirror's
 */
record ClusterConfig(long id, boolean cached) {
    private static final JsonFactory JSON = new JsonFactory();

    /** Empty if it is not an object of JSON. */
    static Optional<ClusterConfig> parse(String text) {
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            long id = 0;
            boolean cached = false;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                boolean capability = parser.getParsingContext().getParent() != null
                        && "capabilities"
                                .equals(parser.getParsingContext().getParent().getCurrentName());
                if (token == JsonToken.VALUE_NUMBER_INT && !capability && "id".equals(parser.currentName())) {
                    id = parser.getLongValue();
                } else if (token == JsonToken.VALUE_TRUE && capability && "cached".equals(parser.currentName())) {
                    cached = true;
                }
            }
            return Optional.of(new ClusterConfig(id, cached));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
