package io.meshkeep.server.tls;

import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.ChainCheck;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyUse;
import io.meshkeep.certs.Pem;
import io.meshkeep.server.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * What the files held when they were read.
 *
 * @param own the server's certificate, chain and key
 * @param trusted the authorities of clients; empty if clients need no certificate
 * @param revoked certificates of clients that are no longer good
 */
record TlsMaterial(Issued own, List<X509Certificate> trusted, List<X509CRL> revoked) {
    /** @throws IOException with one line for the user, if a file cannot be read or key and certificate do not fit */
    static TlsMaterial read(TlsConfig config) throws IOException {
        Issued own = CertificateFiles.readIssued(config.certFile(), config.keyFile());
        List<X509Certificate> trusted = List.of();
        if (config.trustedCaFile().isPresent()) {
            trusted = CertificateFiles.readCertificates(config.trustedCaFile().get());
        }
        List<X509CRL> revoked = List.of();
        if (config.crlFile().isPresent()) {
            revoked = readRevoked(config.crlFile().get());
        }
        if (!own.keyFits()) {
            throw new IOException(
                    "the key in " + config.keyFile() + " does not belong to the certificate in " + config.certFile());
        }
        return new TlsMaterial(own, trusted, revoked);
    }

    private static List<X509CRL> readRevoked(Path file) throws IOException {
        try {
            return Pem.revocationLists(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new IOException(file + " " + e.getMessage(), e);
        }
    }

    /** What is wrong with a client's chain, in plain words. */
    List<String> problems(List<X509Certificate> chain, Instant now) {
        return ChainCheck.against(trusted, now)
                .forUse(KeyUse.CLIENT)
                .withRevoked(revoked)
                .problems(chain);
    }

    /** What is wrong with the server's own dates, which a start should warn of. */
    List<String> ownProblems(Instant now) {
        return ChainCheck.against(List.of(own.certificate()), now)
                .forUse(KeyUse.SERVER)
                .problems(own);
    }
}
