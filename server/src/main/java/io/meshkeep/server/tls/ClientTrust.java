package io.meshkeep.server.tls;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Decides whether a client's certificate is good: Java's own validation, then the lists of revoked ones. If it is not,
 * the reason is put in plain words into the exception, which the {@link Handshakes} find again.
 */
final class ClientTrust extends X509ExtendedTrustManager {
    private final TlsMaterial material;
    private final X509ExtendedTrustManager java;

    ClientTrust(TlsMaterial material) {
        this.material = material;
        this.java = trust(material.trusted());
    }

    private static X509ExtendedTrustManager trust(List<X509Certificate> trusted) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (int i = 0; i < trusted.size(); i++) {
                store.setCertificateEntry("authority-" + i, trusted.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509ExtendedTrustManager extended) {
                    return extended;
                }
            }
            throw new IllegalStateException("this Java runtime has no trust manager for X.509");
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("the trusted authorities cannot be kept in memory", e);
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        try {
            // Without the engine: what it would add is the check of a server's name.
            java.checkClientTrusted(chain, authType);
            checkRevoked(chain);
        } catch (CertificateException e) {
            throw new RefusedClientException(List.of(chain), reasons(chain, e), e);
        }
    }

    private List<String> reasons(X509Certificate[] chain, CertificateException refusal) {
        List<String> problems = material.problems(List.of(chain), Instant.now());
        return problems.isEmpty() ? List.of(String.valueOf(refusal.getMessage())) : problems;
    }

    /** As etcd does it: by serial number and issuer; whether the list itself is out of date does not matter. */
    private void checkRevoked(X509Certificate[] chain) throws CertificateException {
        for (X509Certificate certificate : chain) {
            for (X509CRL list : material.revoked()) {
                if (list.getIssuerX500Principal().equals(certificate.getIssuerX500Principal())
                        && list.isRevoked(certificate)) {
                    throw new CertificateException("revoked");
                }
            }
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        checkClientTrusted(chain, authType, (SSLEngine) null);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        checkClientTrusted(chain, authType, (SSLEngine) null);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        throw new CertificateException("only servers use this");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("only servers use this");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("only servers use this");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return material.trusted().toArray(new X509Certificate[0]);
    }
}
