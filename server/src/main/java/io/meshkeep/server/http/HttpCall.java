package io.meshkeep.server.http;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One request, complete.
 *
 * @param method the method as it was sent
 * @param path the path without query, percent-escapes decoded
 * @param query the parameters of the query by name, in order
 * @param headers the headers
 * @param body the body; empty if there is none
 */
public record HttpCall(String method, String path, Map<String, List<String>> query, HttpHeaders headers, byte[] body) {
    /** Whether the query names the parameter, with or without a value. */
    public boolean has(String parameter) {
        return query.containsKey(parameter);
    }

    /** The parameter's first value, or an empty string. */
    public String first(String parameter) {
        List<String> values = query.get(parameter);
        return values == null ? "" : values.get(0);
    }

    /** The parameter's values but for empty ones. */
    public Set<String> all(String parameter) {
        Set<String> values = new LinkedHashSet<>(query.getOrDefault(parameter, List.of()));
        values.remove("");
        return values;
    }
}
