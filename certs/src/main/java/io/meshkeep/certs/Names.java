package io.meshkeep.certs;

import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.stream.Collectors;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;

/** Names of subjects and issuers, as people say them. */
public final class Names {
    private Names() {}

    /** The common name, which is what etcd takes for the user; empty if there is none. */
    public static String commonName(X509Certificate certificate) {
        return commonName(certificate.getSubjectX500Principal());
    }

    private static String commonName(X500Principal principal) {
        try {
            for (Rdn part : new LdapName(principal.getName(X500Principal.RFC2253)).getRdns()) {
                if (part.getType().equalsIgnoreCase("CN")) {
                    return part.getValue().toString();
                }
            }
        } catch (InvalidNameException e) {
            // certificates of the world may hold anything; one without a readable name has none
            return "";
        }
        return "";
    }

    /** Whether a certificate is for a host: one of its DNS names, with wildcards, or addresses. */
    public static boolean isFor(X509Certificate certificate, String host) {
        return SubjectNames.match(certificate, host);
    }

    /** The common name, or the whole name if there is none. */
    static String shortened(X500Principal principal) {
        String commonName = commonName(principal);
        return commonName.isEmpty() ? principal.getName() : commonName;
    }

    static String list(Collection<X509Certificate> certificates) {
        return certificates.isEmpty()
                ? "none"
                : certificates.stream()
                        .map(certificate -> "\"" + shortened(certificate.getSubjectX500Principal()) + "\"")
                        .distinct()
                        .collect(Collectors.joining(", "));
    }
}
