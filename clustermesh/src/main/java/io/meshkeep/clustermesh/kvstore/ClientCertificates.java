package io.meshkeep.clustermesh.kvstore;

import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.Issued;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's certificate and the authorities that it trusts, read from their files for each handshake, as Go's etcd
 * client does it. Files that cannot be read at some time leave in use what they held before.
 */
final class ClientCertificates {
    private static final Logger log = LoggerFactory.getLogger(ClientCertificates.class);

    private static final String ALIAS = "client";

    private final EtcdConfig config;
    private final AtomicReference<Issued> own = new AtomicReference<>();
    private final AtomicReference<X509ExtendedTrustManager> trust = new AtomicReference<>();

    ClientCertificates(EtcdConfig config) {
        this.config = config;
    }

    /** @throws IOException with one line for the user, if the files cannot be used now */
    void check() throws IOException {
        if (config.certFile().isPresent()) {
            own.set(readOwn());
        }
        if (config.trustedCaFile().isPresent()) {
            trust.set(readTrust());
        }
    }

    private Issued readOwn() throws IOException {
        Path cert = config.certFile().orElseThrow();
        Path key = config.keyFile().orElseThrow();
        Issued issued = CertificateFiles.readIssued(cert, key);
        if (!issued.keyFits()) {
            throw new IOException("the key in " + key + " does not belong to the certificate in " + cert);
        }
        return issued;
    }

    private X509ExtendedTrustManager readTrust() throws IOException {
        List<X509Certificate> authorities =
                CertificateFiles.readCertificates(config.trustedCaFile().orElseThrow());
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("authority-" + i, authorities.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509ExtendedTrustManager extended) {
                    return extended;
                }
            }
            throw new IOException("this Java runtime has no trust manager for X.509");
        } catch (GeneralSecurityException e) {
            throw new IOException("the trusted authorities cannot be kept in memory", e);
        }
    }

    private interface Reader<T> {
        T read() throws IOException;
    }

    private static <T> T fresh(AtomicReference<T> last, Reader<T> reader) {
        try {
            T read = reader.read();
            last.set(read);
            return read;
        } catch (IOException e) {
            log.warn("what was read before stays in use: {}", e.getMessage());
            return last.get();
        }
    }

    Optional<KeyManager> keyManager() {
        return config.certFile().map(file -> new Own());
    }

    Optional<TrustManager> trustManager() {
        return config.trustedCaFile().map(file -> new Trust());
    }

    /** Shows the certificate whatever authorities the server names. */
    private final class Own extends X509ExtendedKeyManager {
        @Override
        public String chooseEngineClientAlias(String[] keyType, Principal[] issuers, SSLEngine engine) {
            fresh(own, ClientCertificates.this::readOwn);
            return ALIAS;
        }

        @Override
        public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
            return chooseEngineClientAlias(keyType, issuers, null);
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return own.get().chain().toArray(new X509Certificate[0]);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return own.get().key();
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return new String[] {ALIAS};
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return null;
        }
    }

    private final class Trust extends X509ExtendedTrustManager {
        private X509ExtendedTrustManager now() {
            return fresh(trust, ClientCertificates.this::readTrust);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            now().checkServerTrusted(chain, authType, engine);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            now().checkServerTrusted(chain, authType, socket);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("the server's name cannot be checked");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("only clients use this");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            throw new CertificateException("only clients use this");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("only clients use this");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return trust.get().getAcceptedIssuers();
        }
    }
}
