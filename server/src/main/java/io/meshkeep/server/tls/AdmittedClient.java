package io.meshkeep.server.tls;

import io.meshkeep.certs.Names;
import java.security.cert.X509Certificate;

/**
 * A client that has ended the handshake.
 *
 * @param user the name of its user, which is its certificate's common name ({@code --client-cert-auth}); empty if the
 *     certificate names none
 */
public record AdmittedClient(String user) {
    static final AdmittedClient UNKNOWN = new AdmittedClient("");

    static AdmittedClient of(X509Certificate certificate) {
        return new AdmittedClient(Names.commonName(certificate));
    }
}
