package io.meshkeep.server.tls;

import io.grpc.netty.GrpcSslContexts;
import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.certs.Pem;
import io.meshkeep.server.TlsConfig;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority and a server's files in a directory. */
public final class Pki {
    static final String HOST = "localhost";

    private static final Duration YEARS = Duration.ofDays(3650);
    private static final char[] PASSWORD = "x".toCharArray();

    public final CertificateAuthority authority = CertificateAuthority.create(
            "Mesh CA", KeyAlgorithm.EC_P256, YEARS, () -> Instant.now().minus(Duration.ofDays(400)));

    private final Path directory;

    public Pki(Path directory) {
        this.directory = directory;
    }

    public Path file(String name) {
        return directory.resolve(name);
    }

    /** Certificate and key of a server, and the authority, in files; gives the settings for mutual TLS. */
    public TlsConfig writeServer(KeyAlgorithm algorithm, KeyFormat format) throws IOException {
        return writeServer(Keys.of(algorithm), format);
    }

    TlsConfig writeServer(KeyPair keys, KeyFormat format) throws IOException {
        Issued server =
                authority.at(Instant::now).issue(CertificateRequest.server("server", List.of(HOST, "127.0.0.1")), keys);
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

    /** Writes a client's certificate and key; gives the path of both without its ending, {@code .crt} and {@code .key}. */
    public Path writeClient(String file, String commonName) throws IOException {
        Issued client = client(commonName);
        replace(file + ".crt", Pem.of(client.chain()));
        replace(file + ".key", Pem.of(client.key(), KeyFormat.PKCS8));
        return file(file);
    }

    /** What a gRPC client uses to come as this user. */
    public SslContext grpcContext(String commonName) throws SSLException {
        Issued own = client(commonName);
        return GrpcSslContexts.forClient()
                .trustManager(authority.certificate())
                .keyManager(own.key(), own.chain().toArray(new X509Certificate[0]))
                .build();
    }

    public Issued client(String commonName) {
        return client(authority, commonName);
    }

    static Issued client(CertificateAuthority authority, String commonName) {
        if (commonName.isEmpty()) {
            return nameless(authority);
        }
        return authority.at(Instant::now).issue(CertificateRequest.client(commonName), KeyAlgorithm.EC_P256);
    }

    /** What no authority of ours issues: a certificate without a common name. */
    private static Issued nameless(CertificateAuthority authority) {
        KeyPair keys = Keys.of(KeyAlgorithm.EC_P256);
        Instant now = Instant.now();
        try {
            X509Certificate certificate = new JcaX509CertificateConverter()
                    .getCertificate(new JcaX509v3CertificateBuilder(
                                    authority.certificate(),
                                    BigInteger.TEN,
                                    Date.from(now.minusSeconds(60)),
                                    Date.from(now.plus(Duration.ofDays(1))),
                                    new X500Name("O=none"),
                                    keys.getPublic())
                            .build(new JcaContentSignerBuilder("SHA256withECDSA")
                                    .build(authority.own().key())));
            return new Issued(keys.getPrivate(), List.of(certificate));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new AssertionError(e);
        }
    }

    /** What a client uses that trusts these authorities and shows this certificate, or none. */
    public static SSLContext clientContext(Issued shown, X509Certificate... trusted) {
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
