package io.meshkeep.server.tls;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.certs.KeyUse;
import io.meshkeep.certs.Pem;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.TlsConfig;
import io.meshkeep.server.TlsConfig.Version;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Both versions of TLS, every kind and form of key, and clients with every kind of certificate. */
class TlsMatrixTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration DAY = Duration.ofDays(1);
    private static final String OK = "HTTP/1.1 200 OK";

    @TempDir
    Path directory;

    /** What a client shows or is shown, and what the log says of it; no words if it is good. No more than 10 have some. */
    enum Client {
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
        WITHOUT_ITS_INTERMEDIATE("it was issued by \"Middle\", which is not trusted here"),
        /** Calls the server by a name that is not in its certificate. */
        OF_ANOTHER_SERVER("turned away from the server's certificate (subject \"CN=server\"");

        final String words;

        Client(String words) {
            this.words = words;
        }

        boolean isRefusedForItsCertificate() {
            return !words.isEmpty() && this != NONE && this != OF_ANOTHER_SERVER;
        }
    }

    static Stream<Arguments> versionsAndKeys() {
        List<Arguments> all = new ArrayList<>();
        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            for (KeyAlgorithm algorithm : KeyAlgorithm.values()) {
                KeyFormat own = algorithm == KeyAlgorithm.EC_P256 ? KeyFormat.SEC1 : KeyFormat.PKCS1;
                all.add(Arguments.of(version, algorithm, KeyFormat.PKCS8));
                all.add(Arguments.of(version, algorithm, own));
            }
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("versionsAndKeys")
    void tellsGoodClientsFromBadOnes(String version, KeyAlgorithm algorithm, KeyFormat format) throws Exception {
        Pki pki = new Pki(directory);
        KeyPair keys = Keys.of(algorithm);
        TlsConfig plain = pki.writeServer(keys, format);
        CertificateAuthority bundled = CertificateAuthority.create("Bundled", KeyAlgorithm.EC_P256, DAY);
        pki.replace("ca.crt", Pem.of(List.of(bundled.certificate(), pki.authority.certificate())));
        Issued revoked = pki.authority.at(Instant::now).issue(CertificateRequest.client("me"), keys);
        pki.replace("crl.pem", crl(pki, revoked));
        TlsConfig tls = new TlsConfig(
                plain.certFile(),
                plain.keyFile(),
                plain.trustedCaFile(),
                Optional.of(pki.file("crl.pem")),
                true,
                Optional.empty(),
                Optional.empty(),
                Version.TLS1_2,
                Version.TLS1_3,
                List.of());
        try (MeshkeepServer server = MeshkeepServer.builder()
                .dataDir(directory.resolve("data"))
                .configure(config -> config.listenTls("127.0.0.1", 0, tls))
                .build()
                .start()) {
            for (Client kind : Client.values()) {
                Issued shown = kind == Client.REVOKED ? revoked : shown(kind, pki.authority, bundled, keys);
                try (LogLines log = new LogLines()) {
                    check(server, kind, version, Pki.clientContext(shown, pki.authority.certificate()), log);
                }
            }
        }
    }

    private static void check(MeshkeepServer server, Client kind, String version, SSLContext context, LogLines log) {
        String host = kind == Client.OF_ANOTHER_SERVER ? "elsewhere.example" : Pki.HOST;
        String answer = ask(context, server, host, version);
        if (kind.words.isEmpty()) {
            assertThat(answer).as("%s", kind).isEqualTo(OK);
            assertThat(log.lines()).as("%s", kind).isEmpty();
            return;
        }
        assertThat(answer).as("%s", kind).isEmpty();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(log.lines()).as("%s", kind).hasSize(1));
        assertThat(log.lines().get(0))
                .as("%s", kind)
                .startsWith("TLS handshake failed: /127.0.0.1:")
                .contains(kind.words);
        if (kind.isRefusedForItsCertificate()) {
            assertThat(log.lines().get(0)).contains("subject \"CN=me\", issuer \"CN=");
        }
    }

    /** Asks for the version; gives the first line of the answer, empty if the connection ends without one. */
    private static String ask(SSLContext context, MeshkeepServer server, String host, String version) {
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(new Socket(InetAddress.getLoopbackAddress(), server.port()), host, server.port(), true)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            parameters.setProtocols(new String[] {version});
            socket.setSSLParameters(parameters);
            socket.getOutputStream().write("GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
            StringBuilder line = new StringBuilder();
            int read;
            while ((read = socket.getInputStream().read()) >= 0 && read != '\r') {
                line.append((char) read);
            }
            if (!line.isEmpty()) {
                assertThat(socket.getSession().getProtocol()).isEqualTo(version);
            }
            return line.toString();
        } catch (IOException refused) {
            return "";
        }
    }

    private static String crl(Pki pki, Issued revoked) throws Exception {
        return "-----BEGIN X509 CRL-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'})
                        .encodeToString(pki.authority
                                .at(Instant::now)
                                .revoke(List.of(revoked.certificate()), DAY)
                                .getEncoded())
                + "\n-----END X509 CRL-----\n";
    }

    private static Issued shown(Client kind, CertificateAuthority mesh, CertificateAuthority bundled, KeyPair keys) {
        CertificateRequest request = CertificateRequest.client("me");
        CertificateAuthority authority = mesh.at(Instant::now);
        return switch (kind) {
            case GOOD, OF_ANOTHER_SERVER -> authority.issue(request, keys);
            case NONE -> null;
            case OF_AN_INTERMEDIATE ->
                authority.intermediate("Middle", KeyAlgorithm.EC_P256, DAY).issue(request, keys);
            case WITHOUT_ITS_INTERMEDIATE -> {
                Issued whole = authority
                        .intermediate("Middle", KeyAlgorithm.EC_P256, DAY)
                        .issue(request, keys);
                yield new Issued(whole.key(), List.of(whole.certificate()));
            }
            case OF_THE_OTHER_AUTHORITY_IN_THE_BUNDLE -> bundled.issue(request, keys);
            case OF_A_STRANGER ->
                CertificateAuthority.create("Stranger", KeyAlgorithm.EC_P256, DAY)
                        .issue(request, keys);
            case OF_A_NAMESAKE ->
                CertificateAuthority.create("Mesh CA", KeyAlgorithm.EC_P256, DAY)
                        .issue(request, keys);
            case EXPIRED ->
                mesh.at(() -> Instant.now().minus(DAY.multipliedBy(10))).issue(request.valid(DAY), keys);
            case NOT_YET_VALID -> mesh.at(() -> Instant.now().plus(DAY)).issue(request, keys);
            case FOR_SERVERS_ONLY ->
                authority.issue(new CertificateRequest("me", List.of(), Set.of(KeyUse.SERVER), DAY), keys);
            case REVOKED -> throw new IllegalArgumentException("a certificate has been revoked before this");
        };
    }
}
