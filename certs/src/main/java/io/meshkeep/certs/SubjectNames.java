package io.meshkeep.certs;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** The names that a certificate is good for: DNS names, with a wildcard in place of the first label, and IP addresses. */
final class SubjectNames {
    /** The numbers that RFC 5280 gives to kinds of names. */
    private static final int DNS = 2;

    private static final int IP = 7;
    private static final Pattern DNS_NAME = Pattern.compile(
            "(\\*\\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*");
    private static final int MAX_DNS_NAME = 253;
    private static final Pattern IPV4 =
            Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.|$)){4}(?<!\\.)");
    /** What may be an address; the JDK, which judges the rest, would take groups with zeros before them. */
    private static final Pattern IPV6_LETTERS = Pattern.compile("(?!.*[0-9A-Fa-f]{5})[0-9A-Fa-f:][0-9A-Fa-f:.]*");

    private SubjectNames() {}

    static void require(String name) {
        if (!isAddress(name)
                && !(name.length() <= MAX_DNS_NAME && DNS_NAME.matcher(name).matches())) {
            throw new IllegalArgumentException("neither a DNS name nor an IP address: \"" + name + "\"");
        }
    }

    static boolean isAddress(String name) {
        return IPV4.matcher(name).matches() || isIpv6(name);
    }

    private static boolean isIpv6(String name) {
        // With a colon among them nothing is looked up; an address with a zone is of use on one machine only
        if (name.indexOf(':') < 0 || !IPV6_LETTERS.matcher(name).matches()) {
            return false;
        }
        try {
            InetAddress.getByName(name);
            return true;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** All names of a certificate as text; empty if it has none. */
    static List<String> of(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                for (List<?> alternative : alternatives) {
                    int type = (Integer) alternative.get(0);
                    if (type == DNS || type == IP) {
                        names.add((String) alternative.get(1));
                    }
                }
            }
        } catch (CertificateParsingException e) {
            // A name that nobody can read is good for nothing; the others are not known either.
            return List.of();
        }
        return names;
    }

    /** Whether a certificate is good for a host, by the rules of RFC 6125: no names, no wildcard within a label. */
    static boolean match(X509Certificate certificate, String host) {
        for (String name : of(certificate)) {
            if (isAddress(host) ? sameAddress(name, host) : matchDns(name, host)) {
                return true;
            }
        }
        return false;
    }

    private static boolean sameAddress(String name, String host) {
        if (!isAddress(name)) {
            return false;
        }
        try {
            // Both are literals, so nothing is looked up.
            return InetAddress.getByName(name).equals(InetAddress.getByName(host));
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static boolean matchDns(String name, String host) {
        String pattern = normal(name);
        String sought = normal(host);
        if (pattern.startsWith("*.")) {
            int dot = sought.indexOf('.');
            return dot > 0 && sought.substring(dot).equals(pattern.substring(1));
        }
        return pattern.equals(sought);
    }

    private static String normal(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
