package io.meshkeep.server;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * An address to listen on, written as etcd writes it: {@code http://127.0.0.1:2379}, {@code http://[::1]:2379},
 * {@code https://[10.0.0.5]:2379}.
 *
 * <p>{@link java.net.URI} is not used: it refuses an IPv4 address in brackets, which etcd accepts and Cilium's chart
 * writes.
 *
 * @param scheme whether the listener speaks TLS
 * @param host an IPv4 or IPv6 address, without brackets, or a host name
 * @param port 0 to 65535; 0 lets the system choose
 */
public record ListenUrl(Scheme scheme, String host, int port) {
    private static final String SEPARATOR = "://";
    private static final Pattern DIGITS_AND_DOTS = Pattern.compile("[0-9.]+");
    private static final Pattern IPV4 =
            Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)");
    private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9a-fA-F:.]+");
    private static final Pattern ZONE = Pattern.compile("[A-Za-z0-9._~-]+");
    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?");

    /** How a listener talks. */
    public enum Scheme {
        /** Cleartext HTTP/1.1 and HTTP/2. */
        HTTP,
        /** The same over TLS. */
        HTTPS
    }

    /** @throws IllegalArgumentException if the host is no address and no host name, or the port is out of range */
    public ListenUrl {
        if (scheme == null) {
            throw new IllegalArgumentException("a listen URL needs a scheme");
        }
        if (!isAddress(host) && !isHostName(host)) {
            throw new IllegalArgumentException("\"" + host + "\" is neither an IP address nor a host name");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is not between 0 and 65535");
        }
    }

    /**
     * Reads {@code scheme://host:port}. The port is required; there may be no path, query or user.
     *
     * @throws IllegalArgumentException with a one-line message that quotes the text, if it is anything else
     */
    public static ListenUrl parse(String text) {
        int schemeEnd = text.indexOf(SEPARATOR);
        if (schemeEnd < 0) {
            throw malformed(text, "has no scheme; write http://" + text);
        }
        Scheme scheme = switch (text.substring(0, schemeEnd).toLowerCase(Locale.ROOT)) {
            case "http" -> Scheme.HTTP;
            case "https" -> Scheme.HTTPS;
            case "unix", "unixs" ->
                throw malformed(text, "has an unsupported scheme; Unix sockets are not served, use http://host:port");
            default -> throw malformed(text, "has an unsupported scheme; use http://host:port");
        };
        String authority = text.substring(schemeEnd + SEPARATOR.length());
        int extra = indexOfAny(authority, "/?#");
        if (extra >= 0) {
            throw malformed(text, "must end after the port");
        }
        if (authority.indexOf('@') >= 0) {
            throw malformed(text, "must not name a user");
        }

        boolean bracketed = authority.startsWith("[");
        int hostEnd = bracketed ? authority.indexOf(']') : authority.lastIndexOf(':');
        if (bracketed && hostEnd < 0) {
            throw malformed(text, "has no closing bracket");
        }
        int colon = bracketed ? hostEnd + 1 : hostEnd;
        if (colon < 0 || colon >= authority.length() || authority.charAt(colon) != ':') {
            throw malformed(text, "has no port; write host:port, as in http://127.0.0.1:2379");
        }
        String host = bracketed ? authority.substring(1, hostEnd) : authority.substring(0, hostEnd);
        if (host.isEmpty()) {
            throw malformed(text, "has no host; 0.0.0.0 listens on every IPv4 address, [::] on every address");
        }
        if (!bracketed && host.indexOf(':') >= 0) {
            throw malformed(text, "has an IPv6 address without brackets");
        }
        if (bracketed) {
            host = host.replaceFirst("%25", "%");
            if (!isAddress(host)) {
                throw malformed(text, "has no IP address in its brackets");
            }
        } else if (!isAddress(host) && !isHostName(host)) {
            throw malformed(text, "has a host that is neither an IP address nor a host name");
        }
        return new ListenUrl(scheme, host, parsePort(text, authority.substring(colon + 1)));
    }

    /** Whether this listener speaks TLS. */
    public boolean isTls() {
        return scheme == Scheme.HTTPS;
    }

    /** The same address with another port; for telling what port 0 became. */
    public ListenUrl withPort(int newPort) {
        return new ListenUrl(scheme, host, newPort);
    }

    /** Written out: what a record has makes its code when it is first asked, which no archive holds, and takes 20 ms. */
    @Override
    public int hashCode() {
        return Objects.hash(scheme, host, port);
    }

    /** The URL in its usual form, with brackets around IPv6 addresses only. {@link #parse} reads it back. */
    @Override
    public String toString() {
        boolean ipv6 = host.indexOf(':') >= 0;
        String written = ipv6 ? "[" + host.replaceFirst("%", "%25") + "]" : host;
        return scheme.name().toLowerCase(Locale.ROOT) + SEPARATOR + written + ":" + port;
    }

    private static int parsePort(String text, String port) {
        if (port.isEmpty() || port.length() > 5 || !port.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw malformed(text, "has a port that is not a number between 0 and 65535");
        }
        int number = Integer.parseInt(port);
        if (number > 65_535) {
            throw malformed(text, "has a port that is not a number between 0 and 65535");
        }
        return number;
    }

    private static boolean isAddress(String host) {
        return IPV4.matcher(host).matches() || isIpv6(host);
    }

    private static boolean isIpv6(String host) {
        int percent = host.indexOf('%');
        String address = percent < 0 ? host : host.substring(0, percent);
        if (percent >= 0 && !ZONE.matcher(host.substring(percent + 1)).matches()) {
            return false;
        }
        if (address.indexOf(':') < 0 || !IPV6_CHARACTERS.matcher(address).matches()) {
            return false;
        }
        try {
            // With a colon in it the text is only ever parsed as a literal: no name lookup happens.
            InetAddress.getByName(address);
            return true;
        } catch (UnknownHostException notALiteral) {
            return false;
        }
    }

    private static boolean isHostName(String host) {
        // Digits and dots alone are a mistyped address; a resolver might still make something of them.
        return HOST_NAME.matcher(host).matches()
                && !DIGITS_AND_DOTS.matcher(host).matches()
                && !host.contains("..");
    }

    private static int indexOfAny(String text, String characters) {
        for (int i = 0; i < text.length(); i++) {
            if (characters.indexOf(text.charAt(i)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private static IllegalArgumentException malformed(String text, String problem) {
        return new IllegalArgumentException("URL \"" + text + "\" " + problem);
    }
}
