package io.meshkeep.server.tls;

import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.server.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** The certificate of {@code --auto-tls}, whose authority nobody knows: it encrypts, and proves nothing. */
public final class SelfSigned {
    private SelfSigned() {}

    /**
     * Makes certificate and key in the files of the configuration, unless there are some that are still good.
     *
     * @param hosts the names and addresses to be called by
     * @throws IOException with one line for the user, if they cannot be written
     */
    public static void ensure(TlsConfig config, Duration validity, List<String> hosts) throws IOException {
        if (isGood(config)) {
            return;
        }
        CertificateAuthority authority =
                CertificateAuthority.create("Meshkeep, by itself", KeyAlgorithm.EC_P256, validity);
        Issued issued =
                authority.issue(CertificateRequest.server("meshkeep", hosts).valid(validity), KeyAlgorithm.EC_P256);
        try {
            CertificateFiles.write(issued, config.certFile(), config.keyFile());
        } catch (IOException e) {
            throw new IOException("cannot write the certificate of auto-tls: " + e.getMessage(), e);
        }
    }

    private static boolean isGood(TlsConfig config) throws IOException {
        if (!Files.exists(config.certFile()) || !Files.exists(config.keyFile())) {
            return false;
        }
        Issued issued = CertificateFiles.readIssued(config.certFile(), config.keyFile());
        return issued.keyFits()
                && issued.certificate().getNotAfter().toInstant().isAfter(Instant.now());
    }
}
