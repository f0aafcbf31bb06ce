package io.meshkeep.loadtest.tls;

import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.KeyAlgorithm;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Certificates of one run, of the kind that Cilium has: an authority, a server on this machine, and clients that must
 * show one of its certificates.
 *
 * @param authority file of the authority's certificate
 * @param certificate file of the server's certificate
 * @param key file of the server's key
 * @param client what a client of this authority shows and trusts
 */
public record MutualTls(Path authority, Path certificate, Path key, SslContext client) {
    private static final Duration VALIDITY = Duration.ofDays(2);

    /** Makes them in a directory. */
    public static MutualTls make(Path directory) throws IOException {
        CertificateAuthority ca = CertificateAuthority.create("bench", KeyAlgorithm.EC_P256, VALIDITY);
        Path authority = directory.resolve("ca.crt");
        CertificateFiles.write(ca.own(), authority, directory.resolve("ca.key"));
        Path certificate = directory.resolve("server.crt");
        Path key = directory.resolve("server.key");
        CertificateFiles.write(
                ca.issue(
                        CertificateRequest.server("server", List.of("127.0.0.1", "localhost"))
                                .valid(VALIDITY),
                        KeyAlgorithm.EC_P256),
                certificate,
                key);
        Path clientCertificate = directory.resolve("client.crt");
        Path clientKey = directory.resolve("client.key");
        CertificateFiles.write(
                ca.issue(CertificateRequest.client("remote").valid(VALIDITY), KeyAlgorithm.EC_P256),
                clientCertificate,
                clientKey);
        return new MutualTls(
                authority,
                certificate,
                key,
                ClientTls.trusting(authority)
                        .showing(clientCertificate, clientKey)
                        .context());
    }
}
