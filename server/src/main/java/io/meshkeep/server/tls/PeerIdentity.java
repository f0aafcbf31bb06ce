package io.meshkeep.server.tls;

import io.grpc.Attributes;
import io.meshkeep.certs.Names;
import java.security.cert.X509Certificate;
import java.util.Objects;

/**
 * Who a connection's client is by its certificate, which TLS has verified.
 *
 * @param hasCertificate whether it has shown one
 * @param commonName of the certificate; empty if it has none
 * @param isUser whether the common name is the client's user ({@code --client-cert-auth})
 */
public record PeerIdentity(boolean hasCertificate, String commonName, boolean isUser) {
    /** Among a gRPC call's attributes if the client has shown a certificate. */
    public static final Attributes.Key<PeerIdentity> KEY = Attributes.Key.create("io.meshkeep.peer-identity");

    static final PeerIdentity NONE = new PeerIdentity(false, "", false);

    public PeerIdentity {
        Objects.requireNonNull(commonName);
    }

    static PeerIdentity of(X509Certificate certificate, boolean isUser) {
        return new PeerIdentity(true, Names.commonName(certificate), isUser);
    }
}
