package io.meshkeep.server.http;

import io.meshkeep.server.http.HttpReply.Header;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/**
 * Which browsers' pages may ask ({@code --cors}) and under which host names ({@code --host-whitelist}); {@code *} and
 * an empty set allow all. Immutable.
 *
 * @param origins allowed values of the Origin header
 * @param hosts allowed values of the Host header, without port: the defence against DNS rebinding on a plaintext port
 */
public record HttpAccess(Set<String> origins, Set<String> hosts) {
    /** Everybody, as is etcd's default. */
    public static final HttpAccess ANYONE = new HttpAccess(Set.of("*"), Set.of("*"));

    private static final String ANY = "*";

    /** Copies its arguments. */
    public HttpAccess {
        origins = Set.copyOf(origins);
        hosts = Set.copyOf(hosts);
    }

    boolean allowsHost(String hostHeader) {
        return allowsAll(hosts) || hosts.contains(withoutPort(hostHeader));
    }

    /** The CORS headers for a request, or none if its origin is not allowed. */
    List<Header> corsHeaders(HttpHeaders request) {
        String origin = request.get(HttpHeaderNames.ORIGIN, "");
        if (allowsAll(origins)) {
            origin = ANY;
        } else if (!origins.contains(origin)) {
            return List.of();
        }
        return List.of(
                new Header("Access-Control-Allow-Headers", "accept, content-type, authorization"),
                new Header("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE"),
                new Header("Access-Control-Allow-Origin", origin));
    }

    static HttpReply unknownHost(String hostHeader) {
        String message = "The Host header names \"" + withoutPort(hostHeader).replaceAll("[^A-Za-z0-9.:_-]", "?")
                + "\", which this server does not go by. This guards against DNS rebinding (CVE-2018-5702).\n"
                + "Use TLS, or allow the name with --host-whitelist.\n";
        return HttpReply.of(
                HttpResponseStatus.MISDIRECTED_REQUEST,
                "text/plain; charset=utf-8",
                message.getBytes(StandardCharsets.UTF_8));
    }

    private static boolean allowsAll(Set<String> names) {
        return names.isEmpty() || names.contains(ANY);
    }

    private static String withoutPort(String host) {
        int end = host.lastIndexOf(':');
        boolean bareIpv6 = end > 0 && host.indexOf(':') != end && !host.startsWith("[");
        String name = end < 0 || bareIpv6 || host.endsWith("]") ? host : host.substring(0, end);
        return name.startsWith("[") && name.endsWith("]") ? name.substring(1, name.length() - 1) : name;
    }
}
