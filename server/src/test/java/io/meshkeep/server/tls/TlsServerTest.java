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
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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

    static Stream<Arguments> keysAndVersions() {
        List<Arguments> all = new ArrayList<>();
        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            all.add(Arguments.of(version, KeyAlgorithm.EC_P256, KeyFormat.PKCS8));
            all.add(Arguments.of(version, KeyAlgorithm.EC_P256, KeyFormat.SEC1));
            all.add(Arguments.of(version, KeyAlgorithm.RSA_2048, KeyFormat.PKCS8));
            all.add(Arguments.of(version, KeyAlgorithm.RSA_2048, KeyFormat.PKCS1));
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("keysAndVersions")
    void servesEveryVersionWithEveryKindOfKey(String version, KeyAlgorithm algorithm, KeyFormat format)
            throws Exception {
        pki = new Pki(directory);
        serve(pki.writeServer(algorithm, format));
        Issued client = pki.authority.at(Instant::now).issue(CertificateRequest.client("me"), algorithm);
        assertThat(ask(Pki.clientContext(client, pki.authority.certificate()), version))
                .isEqualTo(OK);
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

    /** A client's certificate, and what the log says of it; no words if it is good. */
    enum Shown {
        GOOD(""),
        OF_AN_INTERMEDIATE(""),
        OF_THE_OTHER_AUTHORITY_IN_THE_BUNDLE(""),
        NONE("presented no certificate: this port asks for one (--trusted-ca-file)"),
        OF_A_STRANGER("it was issued by \"Stranger\", which is not trusted here (wrong CA"),
        OF_A_NAMESAKE("it was signed by another authority that is also called \"Mesh CA\""),
        EXPIRED("the certificate expired on "),
        NOT_YET_VALID("the certificate is not valid yet: it begins on "),
        FOR_SERVERS_ONLY("the certificate may not be used for a client, but only for a server"),
        REVOKED("the certificate was revoked on "),
        WITHOUT_ITS_INTERMEDIATE("it was issued by \"Middle\", which is not trusted here");

        final String words;

        Shown(String words) {
            this.words = words;
        }
    }

    private Issued shown(Shown kind, CertificateAuthority bundled, Issued revoked) {
        Duration day = Duration.ofDays(1);
        CertificateRequest request = CertificateRequest.client("me");
        CertificateAuthority authority = pki.authority.at(Instant::now);
        return switch (kind) {
            case GOOD -> authority.issue(request, KeyAlgorithm.EC_P256);
            case NONE -> null;
            case OF_AN_INTERMEDIATE ->
                authority.intermediate("Middle", KeyAlgorithm.EC_P256, day).issue(request, KeyAlgorithm.EC_P256);
            case WITHOUT_ITS_INTERMEDIATE -> {
                Issued whole = authority
                        .intermediate("Middle", KeyAlgorithm.EC_P256, day)
                        .issue(request, KeyAlgorithm.EC_P256);
                yield new Issued(whole.key(), List.of(whole.certificate()));
            }
            case OF_THE_OTHER_AUTHORITY_IN_THE_BUNDLE -> bundled.issue(request, KeyAlgorithm.EC_P256);
            case OF_A_STRANGER ->
                CertificateAuthority.create("Stranger", KeyAlgorithm.EC_P256, day)
                        .issue(request, KeyAlgorithm.EC_P256);
            case OF_A_NAMESAKE ->
                CertificateAuthority.create("Mesh CA", KeyAlgorithm.EC_P256, day)
                        .issue(request, KeyAlgorithm.EC_P256);
            case EXPIRED ->
                pki.authority
                        .at(() -> Instant.now().minus(day.multipliedBy(10)))
                        .issue(request.valid(day), KeyAlgorithm.EC_P256);
            case NOT_YET_VALID ->
                pki.authority.at(() -> Instant.now().plus(day)).issue(request, KeyAlgorithm.EC_P256);
            case FOR_SERVERS_ONLY ->
                authority.issue(
                        new CertificateRequest("me", List.of(), Set.of(KeyUse.SERVER), day), KeyAlgorithm.EC_P256);
            case REVOKED -> revoked;
        };
    }

    static Stream<Arguments> versionsAndCertificates() {
        return Stream.of("TLSv1.2", "TLSv1.3")
                .flatMap(version -> Stream.of(Shown.values()).map(kind -> Arguments.of(version, kind)));
    }

    @ParameterizedTest
    @MethodSource("versionsAndCertificates")
    void tellsGoodCertificatesFromBadOnes(String version, Shown kind) throws Exception {
        TlsConfig plain = mutual();
        CertificateAuthority bundled = CertificateAuthority.create("Bundled", KeyAlgorithm.EC_P256, Duration.ofDays(1));
        pki.replace("ca.crt", Pem.of(List.of(bundled.certificate(), pki.authority.certificate())));
        Issued revoked = pki.client("me");
        pki.replace(
                "crl.pem",
                "-----BEGIN X509 CRL-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                .encodeToString(pki.authority
                                        .at(Instant::now)
                                        .revoke(List.of(revoked.certificate()), Duration.ofDays(1))
                                        .getEncoded())
                        + "\n-----END X509 CRL-----\n");
        serve(new TlsConfig(
                plain.certFile(),
                plain.keyFile(),
                plain.trustedCaFile(),
                Optional.of(pki.file("crl.pem")),
                true,
                Optional.empty(),
                Optional.empty(),
                Version.TLS1_2,
                Version.TLS1_3,
                List.of()));
        SSLContext context = Pki.clientContext(shown(kind, bundled, revoked), pki.authority.certificate());
        try (LogLines log = new LogLines()) {
            if (kind.words.isEmpty()) {
                assertThat(ask(context, version)).isEqualTo(OK);
                assertThat(log.lines()).isEmpty();
            } else {
                assertThatThrownBy(() -> {
                            if (ask(context, version).isEmpty()) {
                                throw new SSLException("closed");
                            }
                        })
                        .isInstanceOf(IOException.class);
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(log.lines()).hasSize(1));
                assertThat(log.lines().get(0))
                        .startsWith("TLS handshake failed: /127.0.0.1:")
                        .contains(kind.words);
                if (kind != Shown.NONE) {
                    assertThat(log.lines().get(0)).contains("subject \"CN=me\", issuer \"CN=");
                }
            }
        }
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
