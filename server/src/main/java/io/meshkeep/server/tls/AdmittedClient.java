package io.meshkeep.server.tls;

import io.meshkeep.certs.Names;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * A client that has ended the handshake.
 *
 * @param user the name of its user, which is its certificate's common name ({@code --client-cert-auth}), though that may
 *     be no name at all; not there if certificates do not say who the user is
 */
public record AdmittedClient(Optional<String> user) {
    static final AdmittedClient UNKNOWN = new AdmittedClient(Optional.empty());

    static AdmittedClient of(X509Certificate certificate) {
        return new AdmittedClient(Optional.of(Names.commonName(certificate)));
    }
}
