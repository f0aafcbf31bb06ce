package io.meshkeep.server.tls;

import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.certs.Pem;
import io.meshkeep.server.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An authority and a server's files in a directory. */
final class Pki {
    static final String HOST = "localhost";

    private static final Duration YEARS = Duration.ofDays(3650);
    private static final char[] PASSWORD = "x".toCharArray();

    final CertificateAuthority authority = CertificateAuthority.create(
            "Mesh CA", KeyAlgorithm.EC_P256, YEARS, () -> Instant.now().minus(Duration.ofDays(400)));

    private final Path directory;

    Pki(Path directory) {
        this.directory = directory;
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    /** Certificate and key of a server, and the authority, in files; gives the settings for mutual TLS. */
    TlsConfig writeServer(KeyAlgorithm algorithm, KeyFormat format) throws IOException {
        Issued server = authority
                .at(Instant::now)
                .issue(CertificateRequest.server("server", List.of(HOST, "127.0.0.1")), algorithm);
        replace("server.key", Pem.of(server.key(), format));
        replace("server.crt", Pem.of(server.chain()));
        replace("ca.crt", Pem.of(authority.certificate()));
        return TlsConfig.mutual(file("server.crt"), file("server.key"), file("ca.crt"));
    }

    void replace(String name, String text) throws IOException {
        Path whole = file(name + ".new");
        Files.writeString(whole, text);
        Files.move(whole, file(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    Issued client(String commonName) {
        return client(authority, commonName);
    }

    static Issued client(CertificateAuthority authority, String commonName) {
        return authority.at(Instant::now).issue(CertificateRequest.client(commonName), KeyAlgorithm.EC_P256);
    }

    /** What a client uses that trusts these authorities and shows this certificate, or none. */
    static SSLContext clientContext(Issued shown, X509Certificate... trusted) {
        try {
            KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
            authorities.load(null, null);
            for (int i = 0; i < trusted.length; i++) {
                authorities.setCertificateEntry("authority-" + i, trusted[i]);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(authorities);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(shown == null ? null : keys(shown), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new AssertionError(e);
        }
    }

    private static KeyManager[] keys(Issued shown) throws GeneralSecurityException, IOException {
        KeyStore own = KeyStore.getInstance(KeyStore.getDefaultType());
        own.load(null, null);
        own.setKeyEntry("own", shown.key(), PASSWORD, shown.chain().toArray(new X509Certificate[0]));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(own, PASSWORD);
        // As a command-line client does it: the certificate is shown whatever authorities the server names.
        return new KeyManager[] {new AlwaysShow(factory.getKeyManagers())};
    }
}
