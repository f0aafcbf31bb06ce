package io.meshkeep.server.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.certs.Pem;
import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.metrics.Metrics;
import io.meshkeep.server.rpc.EtcdServices;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreOptions;
import io.netty.handler.ssl.ClientAuth;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command over TLS with client certificates. */
@Timeout(60)
class MeshTlsTest {
    private static Path directory;
    private static Store store;
    private static EtcdServices services;
    private static Server server;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        directory = temporary;
        certificate("server", "ip:127.0.0.1");
        certificate("client", "dns:client");
        certificate("stranger", "ip:127.0.0.1");
        store = Store.open(
                directory.resolve("data"),
                StoreOptions.builder().unsafeNoSync(true).build());
        ServerConfig config = ServerConfig.builder().build();
        services = new EtcdServices(store, config, new Metrics(config.advertisedVersion(), false), List::of);
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sslContext(GrpcSslContexts.forServer(
                                file("server.crt").toFile(), file("server.key").toFile())
                        .trustManager(file("client.crt").toFile())
                        .clientAuth(ClientAuth.REQUIRE)
                        .build());
        services.services().forEach(builder::addService);
        server = builder.build().start();
    }

    @AfterAll
    static void stop() {
        server.shutdownNow();
        services.close();
        store.close();
    }

    private static Path file(String name) {
        return directory.resolve(name);
    }

    /** Makes NAME.crt, which signs itself, and NAME.key, with the JDK's own tool. */
    private static void certificate(String name, String alternative) throws Exception {
        Path keyStore = file(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "a",
                        "-keyalg",
                        "EC",
                        "-ext",
                        "san=" + alternative,
                        "-dname",
                        "CN=" + name,
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        keyStore.toString(),
                        "-storepass",
                        "changeit")
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keyStore)) {
            keys.load(in, "changeit".toCharArray());
        }
        pem(name + ".crt", "CERTIFICATE", keys.getCertificate("a").getEncoded());
        pem(
                name + ".key",
                "PRIVATE KEY",
                keys.getKey("a", "changeit".toCharArray()).getEncoded());
    }

    private static void pem(String name, String type, byte[] der) throws IOException {
        Files.writeString(
                file(name),
                "-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + type
                        + "-----\n");
    }

    private static String run(int status, String host, String... flags) {
        List<String> line =
                new ArrayList<>(List.of("clusters", "--endpoints", "https://" + host + ":" + server.getPort()));
        line.addAll(List.of(flags));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        assertThat(MeshCommand.run(line, Map.of(), out, out))
                .as(bytes.toString(StandardCharsets.UTF_8))
                .isEqualTo(status);
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void certificatesAreCheckedOnBothSides() {
        String cert = file("client.crt").toString();
        String key = file("client.key").toString();
        String ca = file("server.crt").toString();
        assertThat(run(0, "127.0.0.1", "--cacert", ca, "--cert", cert, "--key", key))
                .contains("0 clusters at revision 1");
        assertThat(run(1, "127.0.0.1", "--cacert", file("stranger.crt").toString(), "--cert", cert, "--key", key))
                .startsWith("meshkeep: the server cannot be reached: ");
        assertThat(run(1, "127.0.0.1", "--cert", cert, "--key", key))
                .startsWith("meshkeep: the server cannot be reached: ");
        assertThat(run(1, "localhost", "--cacert", ca, "--cert", cert, "--key", key))
                .as("the certificate is for the address")
                .startsWith("meshkeep: the server cannot be reached: ");
        assertThat(run(0, "localhost", "--insecure-skip-tls-verify", "--cert", cert, "--key", key))
                .contains("0 clusters at revision 1");
        assertThat(run(1, "127.0.0.1", "--cacert", ca))
                .as("without a certificate")
                .startsWith("meshkeep: the server cannot be reached: ");
    }

    @Test
    void filesThatAreNoCertificatesAreNamed() throws Exception {
        Files.writeString(file("nonsense"), "nonsense");
        assertThat(run(1, "127.0.0.1", "--cacert", file("nonsense").toString()))
                .startsWith("meshkeep: the TLS files cannot be used: ")
                .hasLineCount(1);
        assertThat(run(
                        1,
                        "127.0.0.1",
                        "--cert",
                        file("client.crt").toString(),
                        "--key",
                        file("nonsense").toString()))
                .startsWith("meshkeep: the TLS files cannot be used: " + file("nonsense") + " holds no private key")
                .hasLineCount(1);
    }

    @Test
    void aKeyMayHaveTheFormOfItsKind() throws Exception {
        Issued own = CertificateFiles.readIssued(file("client.crt"), file("client.key"));
        Path sec1 = Files.writeString(file("client.sec1"), Pem.of(own.key(), KeyFormat.SEC1));
        assertThat(run(
                        0,
                        "127.0.0.1",
                        "--cacert",
                        file("server.crt").toString(),
                        "--cert",
                        file("client.crt").toString(),
                        "--key",
                        sec1.toString()))
                .contains("0 clusters at revision 1");
    }
}
