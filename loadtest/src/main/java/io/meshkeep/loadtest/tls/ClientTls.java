package io.meshkeep.loadtest.tls;

import io.grpc.netty.GrpcSslContexts;
import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.Issued;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLException;

/** The client's side of TLS, from files in any of the forms that Cilium's generators write. Not thread-safe. */
final class ClientTls {
    private final SslContextBuilder builder;

    private ClientTls(SslContextBuilder builder) {
        // BoringSSL: the cheaper the client, the less it takes from a server on the same machine.
        this.builder =
                GrpcSslContexts.configure(builder, OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK);
    }

    /** Trusts servers of these authorities, under their names. */
    static ClientTls trusting(Path authorities) throws IOException {
        return new ClientTls(SslContextBuilder.forClient()
                .trustManager(CertificateFiles.readCertificates(authorities).toArray(new X509Certificate[0])));
    }

    /** Trusts the authorities that Java does. */
    static ClientTls trustingThePublic() {
        return new ClientTls(SslContextBuilder.forClient());
    }

    /** Trusts whoever answers. */
    static ClientTls trustingAnyone() {
        return new ClientTls(SslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .endpointIdentificationAlgorithm(null));
    }

    /** Shows a certificate. */
    ClientTls showing(Path certificate, Path key) throws IOException {
        Issued issued = CertificateFiles.readIssued(certificate, key);
        builder.keyManager(issued.key(), issued.chain().toArray(new X509Certificate[0]));
        return this;
    }

    SslContext context() throws IOException {
        try {
            return builder.build();
        } catch (SSLException e) {
            throw new IOException("TLS cannot be set up with these files: " + e.getMessage(), e);
        }
    }
}
