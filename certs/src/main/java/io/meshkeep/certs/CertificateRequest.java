package io.meshkeep.certs;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a certificate is to say.
 *
 * @param commonName the subject's CN, and with etcd's rule the name of the user that a client is
 * @param names DNS names and IP addresses of a server; may be empty for a client
 * @param uses what it may be shown for; at least one
 * @param validity how long from now on; it never outlives its authority
 */
public record CertificateRequest(String commonName, List<String> names, Set<KeyUse> uses, Duration validity) {
    /** Three years, as in Cilium's generators. */
    public static final Duration VALIDITY = Duration.ofDays(1095);

    /** Longer than this X.509 does not allow (RFC 5280, ub-common-name). */
    private static final int MAX_COMMON_NAME = 64;

    public CertificateRequest {
        Objects.requireNonNull(commonName, "commonName");
        names = List.copyOf(names);
        uses = Set.copyOf(uses);
        if (commonName.isBlank() || commonName.length() > MAX_COMMON_NAME) {
            throw new IllegalArgumentException(
                    "a common name has 1 to " + MAX_COMMON_NAME + " characters: \"" + commonName + "\"");
        }
        if (uses.isEmpty()) {
            throw new IllegalArgumentException("a certificate needs a use: server or client");
        }
        if (validity.isNegative() || validity.isZero()) {
            throw new IllegalArgumentException("a certificate has to be valid for some time");
        }
        names.forEach(SubjectNames::require);
    }

    /** A server's certificate, which is good for a client's too: etcd's servers call themselves. */
    public static CertificateRequest server(String commonName, List<String> names) {
        return new CertificateRequest(commonName, names, Set.of(KeyUse.SERVER, KeyUse.CLIENT), VALIDITY);
    }

    /** A client's certificate. */
    public static CertificateRequest client(String commonName) {
        return new CertificateRequest(commonName, List.of(), Set.of(KeyUse.CLIENT), VALIDITY);
    }

    /** The same with another validity. */
    public CertificateRequest valid(Duration duration) {
        return new CertificateRequest(commonName, names, uses, duration);
    }
}
