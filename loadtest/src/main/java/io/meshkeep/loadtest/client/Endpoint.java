package io.meshkeep.loadtest.client;

import java.net.URI;
import java.net.URISyntaxException;

/** Where a server listens for clients, in cleartext. */
public record Endpoint(String host, int port) {
    /** The form that etcd's flags and clients take. */
    public String url() {
        return "http://" + host + ":" + port;
    }

    /**
     * Reads {@code http://host:port} or {@code host:port}.
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static Endpoint parse(String text) {
        try {
            URI uri = new URI(text.contains("://") ? text : "http://" + text);
            if ("http".equals(uri.getScheme()) && uri.getHost() != null && uri.getPort() > 0) {
                return new Endpoint(uri.getHost(), uri.getPort());
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("not an endpoint: " + text, e);
        }
        throw new IllegalArgumentException("not an endpoint of the form http://host:port: " + text);
    }
}
