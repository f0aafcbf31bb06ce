package io.meshkeep.clustermesh.kvstore;

import static io.meshkeep.clustermesh.kvstore.TestServer.bytes;
import static io.meshkeep.clustermesh.kvstore.TestServer.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.certs.Pem;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.TlsConfig;
import io.meshkeep.server.auth.CiliumUsers;
import io.meshkeep.store.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Certificates from files, in every form of key, changed while clients are there; and users that they name. */
@Timeout(120)
class MutualTlsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private CertificateAuthority authority;
    private MeshkeepServer server;

    @BeforeEach
    void start() throws Exception {
        authority = newAuthority();
        CertificateFiles.write(
                authority.issue(CertificateRequest.server("server", List.of("127.0.0.1")), KeyAlgorithm.EC_P256),
                directory.resolve("server.crt"),
                directory.resolve("server.key"));
        Files.writeString(directory.resolve("ca.crt"), Pem.of(authority.certificate()));
        server = MeshkeepServer.builder()
                .dataDir(directory.resolve("data"))
                .configure(config -> config.unsafeNoFsync(true)
                        .trustInProcess(true)
                        .listenTls(
                                "127.0.0.1",
                                0,
                                TlsConfig.mutual(
                                        directory.resolve("server.crt"),
                                        directory.resolve("server.key"),
                                        directory.resolve("ca.crt"))))
                .build()
                .start();
        CompletableFuture<Void> users = new CompletableFuture<>();
        server.store()
                .write(
                        new Command.Auth(CiliumUsers.forCluster("one", true)),
                        100,
                        (result, error) -> users.complete(null));
        get(users);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static CertificateAuthority newAuthority() {
        return CertificateAuthority.create("CA", KeyAlgorithm.EC_P256, Duration.ofDays(10), Instant::now);
    }

    private void writeClient(Issued client, KeyFormat format) throws IOException {
        Files.writeString(directory.resolve("client.key"), Pem.of(client.key(), format));
        Files.writeString(directory.resolve("client.crt"), Pem.of(client.chain()));
    }

    private EtcdConfig config() throws IOException {
        Path file = directory.resolve("etcd-config.yaml");
        Files.writeString(file, """
                endpoints:
                - https://127.0.0.1:%d
                trusted-ca-file: %s
                cert-file: %s
                key-file: %s
                """.formatted(
                        TestServer.port(server),
                        directory.resolve("ca.crt"),
                        directory.resolve("client.crt"),
                        directory.resolve("client.key")));
        return EtcdConfig.read(file);
    }

    @Test
    void keysInTheFormsOfHelmAndCertgenAreRead() throws Exception {
        writeClient(authority.issue(CertificateRequest.client("admin-one"), KeyAlgorithm.RSA_2048), KeyFormat.PKCS1);
        try (Kvstore kvstore = ChannelKvstore.connect(config())) {
            get(kvstore.put("a", bytes("1"), 0));
        }
        writeClient(authority.issue(CertificateRequest.client("admin-one"), KeyAlgorithm.EC_P256), KeyFormat.SEC1);
        try (Kvstore kvstore = ChannelKvstore.connect(config())) {
            get(kvstore.put("a", bytes("2"), 0));
        }
    }

    @Test
    void onlyTheProcessItselfIsTrustedWithoutACertificate() throws Exception {
        try (Kvstore embedded = ChannelKvstore.embedded(server)) {
            get(embedded.put("cilium/state/ip/v1/default/10.0.0.1", bytes("1"), 0));
        }
        writeClient(authority.issue(CertificateRequest.client("remote"), KeyAlgorithm.EC_P256), KeyFormat.PKCS8);
        try (Kvstore remote = ChannelKvstore.connect(config())) {
            assertThat(get(remote.list("cilium/state/")).pairs()).hasSize(1);
            assertThatThrownBy(() -> get(remote.put("a", bytes("1"), 0)))
                    .hasStackTraceContaining("etcdserver: permission denied");
        }
    }

    @Test
    void aWatchThatIsNotAllowedIsToldAndTriedAgain() throws Exception {
        writeClient(authority.issue(CertificateRequest.client("stranger"), KeyAlgorithm.EC_P256), KeyFormat.PKCS8);
        try (Kvstore remote = ChannelKvstore.connect(config())) {
            Recorder recorder = new Recorder();
            remote.follow("cilium/", recorder);
            await().atMost(PATIENCE).until(() -> recorder.failures() > 2);
            assertThat(recorder.lists()).isZero();
        }
    }

    @Test
    void newCertificatesAndAuthoritiesAreUsedWithTheNextConnection() throws Exception {
        writeClient(authority.issue(CertificateRequest.client("admin-one"), KeyAlgorithm.EC_P256), KeyFormat.PKCS8);
        int port = TestServer.port(server);
        try (Kvstore kvstore = ChannelKvstore.connect(config())) {
            get(kvstore.put("a", bytes("1"), 0));
            server.close();
            CertificateAuthority next = newAuthority();
            CertificateFiles.write(
                    next.issue(CertificateRequest.server("server", List.of("127.0.0.1")), KeyAlgorithm.EC_P256),
                    directory.resolve("server.crt"),
                    directory.resolve("server.key"));
            Files.writeString(directory.resolve("ca.crt"), Pem.of(next.certificate()));
            writeClient(next.issue(CertificateRequest.client("admin-one"), KeyAlgorithm.EC_P256), KeyFormat.PKCS8);
            server = MeshkeepServer.builder()
                    .dataDir(directory.resolve("data"))
                    .configure(config -> config.unsafeNoFsync(true)
                            .listenTls(
                                    "127.0.0.1",
                                    port,
                                    TlsConfig.mutual(
                                            directory.resolve("server.crt"),
                                            directory.resolve("server.key"),
                                            directory.resolve("ca.crt"))))
                    .build()
                    .start();
            await().atMost(PATIENCE).ignoreExceptions().until(() -> get(kvstore.put("a", bytes("2"), 0)) > 0);
        }
    }

    @Test
    void aServerWithAnotherNameIsRefused() throws Exception {
        writeClient(authority.issue(CertificateRequest.client("admin-one"), KeyAlgorithm.EC_P256), KeyFormat.PKCS8);
        EtcdConfig config = config();
        EtcdConfig byName = new EtcdConfig(
                List.of(new EtcdConfig.Endpoint("localhost", TestServer.port(server), true)),
                config.trustedCaFile(),
                config.certFile(),
                config.keyFile());
        try (Kvstore kvstore = ChannelKvstore.over(EtcdConnection.open(byName).channel(), Duration.ofSeconds(2))) {
            assertThatThrownBy(() -> get(kvstore.get("a")))
                    .satisfies(
                            failure -> assertThat(Status.fromThrowable(failure).getCode())
                                    .isIn(Status.Code.DEADLINE_EXCEEDED, Status.Code.UNAVAILABLE));
        }
    }

    @Test
    void filesThatCannotBeUsedAreToldBeforeAnythingIsConnected() throws Exception {
        writeClient(authority.issue(CertificateRequest.client("admin-one"), KeyAlgorithm.EC_P256), KeyFormat.PKCS8);
        EtcdConfig config = config();
        Files.writeString(directory.resolve("client.key"), "nonsense");
        assertThatThrownBy(() -> ChannelKvstore.connect(config))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("client.key");
    }
}
