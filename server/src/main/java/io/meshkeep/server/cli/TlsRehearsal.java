package io.meshkeep.server.cli;

import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.Issued;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import io.meshkeep.server.TlsConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The {@link Rehearsal} with a server that has TLS and a client that shows a certificate. They are not made here: a JVM
 * whose cache holds what that takes loads it at each start, and with it Bouncy Castle.
 */
final class TlsRehearsal {
    private static final char[] NO_PASSWORD = new char[0];

    private TlsRehearsal() {}

    /**
     * @param certificates a directory as {@code certs init} makes it
     * @param data where the server keeps its data
     * @throws StartException if the server does not start or does not answer as it should
     */
    static void run(Path certificates, Path data) throws StartException {
        Path own = certificates.resolve("clustermesh-apiserver-server-cert");
        TlsConfig tls = TlsConfig.mutual(own.resolve("tls.crt"), own.resolve("tls.key"), own.resolve("ca.crt"));
        try (MeshkeepServer server = MeshkeepServer.builder()
                .dataDir(data)
                .configure(config -> config.listenTls("127.0.0.1", 0, tls).unsafeNoFsync(true))
                .build()
                .start()) {
            SSLContext client = client(certificates.resolve("clustermesh-apiserver-admin-cert"));
            Rehearsal.run(server.port(), client.getSocketFactory());
        } catch (IOException | GeneralSecurityException e) {
            throw new StartException("the rehearsal with TLS failed: " + e, e);
        }
    }

    private static SSLContext client(Path directory) throws GeneralSecurityException, IOException {
        Issued own = CertificateFiles.readIssued(directory.resolve("tls.crt"), directory.resolve("tls.key"));
        List<X509Certificate> trusted = CertificateFiles.readCertificates(directory.resolve("ca.crt"));
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null, null);
        store.setKeyEntry("own", own.key(), NO_PASSWORD, own.chain().toArray(new X509Certificate[0]));
        store.setCertificateEntry("authority", trusted.get(0));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, NO_PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
