package io.meshkeep.clustermesh.troubleshoot;

import io.meshkeep.certs.Issued;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * A TLS connection that takes whatever certificate it is shown, in order to say what is wrong with it. Nothing but a
 * question for the version goes over it.
 */
final class TlsProbe implements AutoCloseable {
    private static final char[] PASSWORD = new char[0];
    private static final int MAX_ANSWER = 1000;

    private final SSLSocket socket;
    private final Recorder recorder;

    private TlsProbe(SSLSocket socket, Recorder recorder) {
        this.socket = socket;
        this.recorder = recorder;
    }

    /**
     * Shakes hands over an open connection.
     *
     * @throws IOException as the TLS implementation puts it
     */
    static TlsProbe handshake(Socket connected, String host, int port, Optional<Issued> own) throws IOException {
        try {
            Recorder recorder = new Recorder();
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys(own), new TrustManager[] {recorder}, new SecureRandom());
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(connected, host, port, true);
            SSLParameters parameters = socket.getSSLParameters();
            if (host.matches(".*[A-Za-z].*") && host.indexOf(':') < 0) {
                parameters.setServerNames(List.of(new SNIHostName(host)));
            }
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return new TlsProbe(socket, recorder);
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS cannot be used: " + e.getMessage(), e);
        }
    }

    private static KeyManager[] keys(Optional<Issued> own) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, PASSWORD);
        if (own.isPresent()) {
            store.setKeyEntry(
                    "own", own.get().key(), PASSWORD, own.get().chain().toArray(X509Certificate[]::new));
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, PASSWORD);
        return factory.getKeyManagers();
    }

    SSLSession session() {
        return socket.getSession();
    }

    /** What the server has shown. */
    List<X509Certificate> serverChain() {
        return recorder.chain;
    }

    /**
     * Asks for {@code /version}, in one write and one read. With TLS 1.3 it is only now that a client learns whether its
     * certificate was taken.
     *
     * @return the beginning of the answer
     */
    String version(String host) throws IOException {
        return version(socket, host);
    }

    static String version(Socket socket, String host) throws IOException {
        String authority = host.indexOf(':') < 0 ? host : "[" + host + "]";
        socket.getOutputStream()
                .write(("GET /version HTTP/1.1\r\nHost: " + authority + "\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        byte[] answer = in.readNBytes(MAX_ANSWER);
        return new String(answer, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** Trusts everybody, and remembers whom. */
    private static final class Recorder extends X509ExtendedTrustManager {
        private volatile List<X509Certificate> chain = List.of();

        @Override
        public void checkServerTrusted(X509Certificate[] shown, String type) {
            chain = List.of(shown);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] shown, String type, Socket socket) {
            chain = List.of(shown);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] shown, String type, SSLEngine engine) {
            chain = List.of(shown);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] shown, String type) {
            throw new UnsupportedOperationException("this is a client");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] shown, String type, Socket socket) {
            throw new UnsupportedOperationException("this is a client");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] shown, String type, SSLEngine engine) {
            throw new UnsupportedOperationException("this is a client");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
