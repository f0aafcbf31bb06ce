package io.meshkeep.loadtest.client;

import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/**
 * Where a server listens for clients.
 *
 * @param tls how to speak TLS with it; without, it is spoken to in cleartext
 */
public record Endpoint(String host, int port, Optional<SslContext> tls) {
    /** A server that is spoken to in cleartext. */
    public Endpoint(String host, int port) {
        this(host, port, Optional.empty());
    }

    /** The form that etcd's flags and clients take. */
    public String url() {
        return (tls.isPresent() ? "https" : "http") + "://" + host + ":" + port;
    }

    /**
     * Reads {@code http://host:port} or {@code host:port}.
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static Endpoint parse(String text) {
        URI uri = uri(text);
        if ("https".equals(uri.getScheme())) {
            throw new IllegalArgumentException("not an endpoint in cleartext: " + text);
        }
        return new Endpoint(uri.getHost(), uri.getPort());
    }

    /** Reads {@code https://host:port} or {@code host:port}. */
    public static Endpoint parse(String text, SslContext tls) {
        URI uri = uri(text);
        if (text.contains("://") && !"https".equals(uri.getScheme())) {
            throw new IllegalArgumentException("certificates are for https, not for " + text);
        }
        return new Endpoint(uri.getHost(), uri.getPort(), Optional.of(tls));
    }

    private static URI uri(String text) {
        try {
            URI uri = new URI(text.contains("://") ? text : "http://" + text);
            boolean scheme = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (scheme && uri.getHost() != null && uri.getPort() > 0) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("not an endpoint: " + text, e);
        }
        throw new IllegalArgumentException(
                "not an endpoint of the form http://host:port or https://host:port: " + text);
    }
}
