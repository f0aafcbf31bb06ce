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
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.util.IPAddress;

/** The names that a certificate is good for: DNS names, with a wildcard in place of the first label, and IP addresses. */
final class SubjectNames {
    private static final int DNS = GeneralName.dNSName;
    private static final int IP = GeneralName.iPAddress;
    private static final Pattern DNS_NAME = Pattern.compile(
            "(\\*\\.)?([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*");
    private static final int MAX_DNS_NAME = 253;

    private SubjectNames() {}

    static void require(String name) {
        if (!isAddress(name)
                && !(name.length() <= MAX_DNS_NAME && DNS_NAME.matcher(name).matches())) {
            throw new IllegalArgumentException("neither a DNS name nor an IP address: \"" + name + "\"");
        }
    }

    static boolean isAddress(String name) {
        return IPAddress.isValid(name);
    }

    static GeneralNames encode(List<String> names) {
        return new GeneralNames(names.stream()
                .map(name -> new GeneralName(isAddress(name) ? IP : DNS, name))
                .toArray(GeneralName[]::new));
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
