package io.meshkeep.certs;

import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.stream.Collectors;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x500.AttributeTypeAndValue;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;

/** Names of subjects and issuers, as people say them. */
public final class Names {
    private Names() {}

    /** The common name, which is what etcd takes for the user; empty if there is none. */
    public static String commonName(X509Certificate certificate) {
        return commonName(certificate.getSubjectX500Principal());
    }

    /** Of several the last one, as Go has it, which etcd is written in: who reads another has another user come in. */
    private static String commonName(X500Principal principal) {
        String last = "";
        for (RDN part : X500Name.getInstance(principal.getEncoded()).getRDNs()) {
            for (AttributeTypeAndValue attribute : part.getTypesAndValues()) {
                if (attribute.getType().equals(BCStyle.CN) && attribute.getValue() instanceof ASN1String name) {
                    last = name.getString();
                }
            }
        }
        return last;
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
