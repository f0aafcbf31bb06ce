package io.meshkeep.server.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.certs.KeyUse;
import io.meshkeep.certs.Pem;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import io.meshkeep.server.TlsConfig;
import io.meshkeep.server.TlsConfig.Version;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients with every kind of certificate, against a real server. */
class TlsServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String OK = "HTTP/1.1 200 OK";

    @TempDir
    Path directory;

    private MeshkeepServer server;
    private Pki pki;

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private void serve(TlsConfig tls) throws StartException {
        server = MeshkeepServer.builder()
                .dataDir(directory.resolve("data"))
                .configure(config -> config.listenTls("127.0.0.1", 0, tls))
                .build()
                .start();
    }

    private TlsConfig mutual() throws IOException {
        pki = new Pki(directory);
        return pki.writeServer(KeyAlgorithm.EC_P256, KeyFormat.PKCS8);
    }

    /** Asks for the version over HTTP/1.1 without ALPN; gives the first line of the answer. */
    private String ask(SSLContext context, String... protocols) throws IOException {
        try (SSLSocket socket = connect(context, protocols)) {
            return request(socket);
        }
    }

    private SSLSocket connect(SSLContext context, String... protocols) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(
                        new Socket(InetAddress.getLoopbackAddress(), server.port()), Pki.HOST, server.port(), true);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        if (protocols.length > 0) {
            parameters.setProtocols(protocols);
        }
        socket.setSSLParameters(parameters);
        return socket;
    }

    private static String request(SSLSocket socket) throws IOException {
        socket.getOutputStream().write("GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
        InputStream in = socket.getInputStream();
        StringBuilder line = new StringBuilder();
        int read;
        while ((read = in.read()) >= 0 && read != '\r') {
            line.append((char) read);
        }
        return line.toString();
    }

    @Test
    void servesGrpcWithTheSamePort() throws Exception {
        serve(mutual());
        Issued client = pki.client("me");
        ManagedChannel channel = grpc(client);
        try {
            assertThat(KVGrpc.newBlockingStub(channel)
                            .range(RangeRequest.newBuilder()
                                    .setKey(ByteString.copyFromUtf8("k"))
                                    .build())
                            .getHeader()
                            .getRevision())
                    .isEqualTo(1);
        } finally {
            channel.shutdownNow();
        }
    }

    private ManagedChannel grpc(Issued client) throws SSLException {
        return NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .sslContext(GrpcSslContexts.forClient()
                        .trustManager(pki.authority.certificate())
                        .keyManager(client.key(), client.chain().toArray(new X509Certificate[0]))
                        .build())
                .build();
    }

    @Test
    void saysThatAClientSpokePlainText() throws Exception {
        serve(mutual());
        try (LogLines log = new LogLines();
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write("GET /version HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(US_ASCII));
            assertThat(socket.getInputStream().read()).isIn(-1, 0x15);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(log.lines())
                            .singleElement()
                            .asString()
                            .contains("spoke plain text: this port is TLS; use https://"));
        }
    }

    @Test
    void saysThatAClientDoesNotTrustTheServer() throws Exception {
        serve(mutual());
        CertificateAuthority stranger =
                CertificateAuthority.create("Stranger", KeyAlgorithm.EC_P256, Duration.ofDays(1));
        try (LogLines log = new LogLines()) {
            assertThatThrownBy(() -> ask(Pki.clientContext(pki.client("me"), stranger.certificate())))
                    .isInstanceOf(SSLException.class);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(log.lines())
                            .singleElement()
                            .asString()
                            .contains("turned away from the server's certificate (subject \"CN=server\""));
        }
    }

    @Test
    void keepsToTheVersionsAsked() throws Exception {
        TlsConfig plain = mutual();
        serve(new TlsConfig(
                plain.certFile(),
                plain.keyFile(),
                plain.trustedCaFile(),
                Optional.empty(),
                true,
                Optional.empty(),
                Optional.empty(),
                Version.TLS1_3,
                Version.TLS1_3,
                List.of()));
        SSLContext context = Pki.clientContext(pki.client("me"), pki.authority.certificate());
        try (LogLines log = new LogLines()) {
            assertThatThrownBy(() -> ask(context, "TLSv1.2")).isInstanceOf(SSLException.class);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(log.lines())
                            .singleElement()
                            .asString()
                            .contains("offered no version of TLS that is allowed here: TLSv1.3 are"));
        }
        assertThat(ask(context, "TLSv1.3")).isEqualTo(OK);
    }

    @Test
    void letsInOneCommonNameAlone() throws Exception {
        TlsConfig plain = mutual();
        serve(new TlsConfig(
                plain.certFile(),
                plain.keyFile(),
                plain.trustedCaFile(),
                Optional.empty(),
                true,
                Optional.of("admin"),
                Optional.empty(),
                Version.TLS1_2,
                Version.TLS1_3,
                List.of()));
        assertThat(ask(Pki.clientContext(pki.client("admin"), pki.authority.certificate())))
                .isEqualTo(OK);
        try (LogLines log = new LogLines()) {
            assertThatThrownBy(() -> {
                        if (ask(Pki.clientContext(pki.client("other"), pki.authority.certificate()))
                                .isEmpty()) {
                            throw new SSLException("closed");
                        }
                    })
                    .isInstanceOf(IOException.class);
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("its common name is not admin (--client-cert-allowed-cn)");
        }
    }

    @Test
    void letsInCertificatesForOneHostAlone() throws Exception {
        TlsConfig plain = mutual();
        serve(new TlsConfig(
                plain.certFile(),
                plain.keyFile(),
                plain.trustedCaFile(),
                Optional.empty(),
                true,
                Optional.empty(),
                Optional.of("vm-1.example"),
                Version.TLS1_2,
                Version.TLS1_3,
                List.of()));
        assertThat(ask(forHost("vm-1.example"))).isEqualTo(OK);
        try (LogLines log = new LogLines()) {
            assertThatThrownBy(() -> {
                        if (ask(forHost("vm-2.example")).isEmpty()) {
                            throw new SSLException("closed");
                        }
                    })
                    .isInstanceOf(IOException.class);
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains("it is not for vm-1.example (--client-cert-allowed-hostname)");
        }
    }

    private SSLContext forHost(String host) {
        CertificateRequest request =
                new CertificateRequest("me", List.of(host), Set.of(KeyUse.CLIENT), Duration.ofDays(1));
        return Pki.clientContext(
                pki.authority.at(Instant::now).issue(request, KeyAlgorithm.EC_P256), pki.authority.certificate());
    }

    private static TlsConfig withSuites(TlsConfig plain, String suite) {
        return new TlsConfig(
                plain.certFile(),
                plain.keyFile(),
                plain.trustedCaFile(),
                Optional.empty(),
                true,
                Optional.empty(),
                Optional.empty(),
                Version.TLS1_2,
                Version.TLS1_2,
                List.of(suite));
    }

    @Test
    void keepsToTheCipherSuitesAsked() throws Exception {
        String suite = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
        serve(withSuites(mutual(), suite));
        SSLContext context = Pki.clientContext(pki.client("me"), pki.authority.certificate());
        try (SSLSocket socket = connect(context, "TLSv1.2")) {
            assertThat(request(socket)).isEqualTo(OK);
            assertThat(socket.getSession().getCipherSuite()).isEqualTo(suite);
        }
        try (LogLines log = new LogLines();
                SSLSocket socket = connect(context, "TLSv1.2")) {
            socket.setEnabledCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"});
            assertThatThrownBy(() -> request(socket)).isInstanceOf(SSLException.class);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(log.lines())
                            .singleElement()
                            .asString()
                            .contains("offered no cipher suite that is allowed here: see --cipher-suites"));
        }
    }

    /** Of etcd's list, or mistyped: nothing weaker takes its place in silence. */
    @Test
    void doesNotStartWithACipherSuiteThatItDoesNotHave() throws Exception {
        TlsConfig tls = withSuites(mutual(), "TLS_ECDHE_ECDSA_WITH_AES_512_GCM_SHA1");
        assertThatThrownBy(() -> serve(tls))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("TLS cannot be set up");
    }

    @Test
    void needsNoCertificateOfClientsWithoutAuthorities() throws Exception {
        TlsConfig mutual = mutual();
        serve(TlsConfig.of(mutual.certFile(), mutual.keyFile()));
        assertThat(ask(Pki.clientContext(null, pki.authority.certificate()))).isEqualTo(OK);
    }

    @Test
    void makesACertificateForItself() throws Exception {
        Path own = directory.resolve("data/fixtures/client");
        TlsConfig files = TlsConfig.of(own.resolve("cert.pem"), own.resolve("key.pem"));
        server = MeshkeepServer.builder()
                .dataDir(directory.resolve("data"))
                .configure(config -> config.listenTls("127.0.0.1", 0, files).selfSignedValidity(Duration.ofDays(365)))
                .build()
                .start();
        List<X509Certificate> made = Pem.certificates(Files.readString(files.certFile()));
        assertThat(made.get(0).getNotAfter().toInstant())
                .isBetween(
                        Instant.now().plus(Duration.ofDays(364)), Instant.now().plus(Duration.ofDays(366)));
        assertThat(ask(Pki.clientContext(null, made.get(0)))).isEqualTo(OK);
    }

    @Test
    void doesNotStartWithFilesThatDoNotFit() throws Exception {
        TlsConfig tls = mutual();
        pki.replace("server.key", Pem.of(pki.client("me").key(), KeyFormat.PKCS8));
        assertThatThrownBy(() -> serve(tls))
                .isInstanceOf(StartException.class)
                .hasMessage("the key in " + tls.keyFile() + " does not belong to the certificate in " + tls.certFile());
    }

    /** The files change as Kubernetes changes them; a hundred connections live through it. */
    @Test
    void usesNewCertificatesForNewConnectionsAndDropsNoOldOne() throws Exception {
        mutual();
        Path versions = Files.createDirectories(directory.resolve("secret"));
        Path current = versions.resolve("..data");
        Files.createSymbolicLink(current, version(versions, "1", pki.authority));
        TlsConfig tls =
                TlsConfig.mutual(link(versions, "server.crt"), link(versions, "server.key"), link(versions, "ca.crt"));
        serve(tls);
        SSLContext context = Pki.clientContext(pki.client("me"), pki.authority.certificate());
        List<SSLSocket> open = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            SSLSocket socket = connect(context);
            open.add(socket);
            assertThat(firstRequest(socket)).isEqualTo(OK);
        }
        CertificateAuthority next = CertificateAuthority.create("Next CA", KeyAlgorithm.EC_P256, Duration.ofDays(1));
        try (LogLines log = new LogLines()) {
            // a key that does not fit is refused, and what was there stays
            Path broken = version(versions, "2", next);
            Files.writeString(broken.resolve("server.key"), "no key");
            swap(current, broken);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(log.lines())
                            .singleElement()
                            .asString()
                            .contains("cannot be used; what was read before stays in use")
                            .contains("server.key holds no private key"));
            assertThat(ask(context)).isEqualTo(OK);

            swap(current, version(versions, "3", next));
            SSLContext nextContext = Pki.clientContext(Pki.client(next, "me"), next.certificate());
            await().atMost(PATIENCE).until(() -> log.lines().size() == 2);
            assertThat(ask(nextContext)).isEqualTo(OK);
            assertThatThrownBy(() -> ask(context)).isInstanceOf(SSLException.class);
        }
        for (SSLSocket socket : open) {
            assertThat(request(socket)).isEqualTo(OK);
            socket.close();
        }
    }

    /** Reads a whole answer, so that the connection can be asked again. */
    private static String firstRequest(SSLSocket socket) throws IOException {
        String line = request(socket);
        InputStream in = socket.getInputStream();
        StringBuilder rest = new StringBuilder();
        while (rest.indexOf("\r\n\r\n") < 0) {
            rest.append((char) in.read());
        }
        int length = Integer.parseInt(rest.toString()
                .lines()
                .filter(header -> header.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .findFirst()
                .orElseThrow()
                .split(":")[1]
                .strip());
        in.readNBytes(length);
        return line;
    }

    private Path version(Path versions, String name, CertificateAuthority authority) throws IOException {
        Path version = Files.createDirectories(versions.resolve(".." + name));
        Issued issued = authority
                .at(Instant::now)
                .issue(CertificateRequest.server("server", List.of(Pki.HOST)), KeyAlgorithm.EC_P256);
        Files.writeString(version.resolve("server.crt"), Pem.of(issued.chain()));
        Files.writeString(version.resolve("server.key"), Pem.of(issued.key(), KeyFormat.PKCS8));
        Files.writeString(version.resolve("ca.crt"), Pem.of(authority.certificate()));
        return version;
    }

    private static Path link(Path versions, String name) throws IOException {
        return Files.createSymbolicLink(versions.resolve(name), Path.of("..data", name));
    }

    private static void swap(Path link, Path target) throws IOException {
        Path temporary = link.resolveSibling("..tmp");
        Files.createSymbolicLink(temporary, target);
        Files.move(temporary, link, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void tellsFewOfManyFailures() throws Exception {
        serve(mutual());
        SSLContext context = Pki.clientContext(null, pki.authority.certificate());
        try (LogLines log = new LogLines()) {
            for (int i = 0; i < 50; i++) {
                try {
                    ask(context, "TLSv1.2");
                } catch (IOException expected) {
                    assertThat(expected).isNotNull();
                }
            }
            assertThat(log.lines()).hasSizeBetween(1, 25);
        }
        assertThat(ask(Pki.clientContext(pki.client("me"), pki.authority.certificate())))
                .isEqualTo(OK);
    }
}
