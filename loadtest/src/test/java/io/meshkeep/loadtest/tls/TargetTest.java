package io.meshkeep.loadtest.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.TlsConfig;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The flags for TLS, against a server that wants a certificate. */
@Timeout(180)
class TargetTest {
    @TempDir
    static Path directory;

    private static MeshkeepServer server;

    @BeforeAll
    static void start() throws Exception {
        MutualTls tls = MutualTls.make(directory);
        server = MeshkeepServer.builder()
                .dataDir(directory.resolve("data"))
                .configure(settings -> settings.listenTls(
                        "127.0.0.1", 0, TlsConfig.mutual(tls.certificate(), tls.key(), tls.authority())))
                .build()
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Endpoint target(String... flags) throws IOException {
        return Target.of(Arguments.parse(flags, Target.VALUES, Target.SWITCHES));
    }

    private static String url() {
        return "https://127.0.0.1:" + server.port();
    }

    private static String file(String name) {
        return directory.resolve(name).toString();
    }

    private static void read(Endpoint endpoint) {
        try (EtcdClient client = EtcdClient.connect(endpoint, 1)) {
            client.ask(
                    KVGrpc.getRangeMethod(),
                    RangeRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("key"))
                            .build());
        }
    }

    @Test
    void certificatesOpenTheDoor() throws Exception {
        read(target(
                "--endpoint",
                url(),
                "--cacert",
                file("ca.crt"),
                "--cert",
                file("client.crt"),
                "--key",
                file("client.key")));
        read(target(
                "--endpoint",
                url(),
                "--insecure-skip-tls-verify",
                "--cert",
                file("client.crt"),
                "--key",
                file("client.key")));
    }

    @Test
    void aServerOfAnotherAuthorityIsNotTrusted() throws Exception {
        MutualTls.make(directory.resolve("other"));
        Endpoint endpoint = target(
                "--endpoint",
                url(),
                "--cacert",
                file("other/ca.crt"),
                "--cert",
                file("client.crt"),
                "--key",
                file("client.key"));
        assertThatThrownBy(() -> read(endpoint)).isInstanceOf(StatusRuntimeException.class);
    }

    @Test
    void flagsThatDoNotFitAreToldInOneLine() throws Exception {
        assertThat(target("--endpoint", "127.0.0.1:2379").tls()).isEmpty();
        assertThat(target("--endpoint", "127.0.0.1:2379", "--cacert", file("ca.crt"))
                        .url())
                .isEqualTo("https://127.0.0.1:2379");
        assertThatThrownBy(() -> target("--cert", file("client.crt"))).hasMessage("--cert and --key belong together");
        assertThatThrownBy(() -> target("--endpoint", "http://127.0.0.1:1", "--cacert", file("ca.crt")))
                .hasMessageContaining("https");
        assertThatThrownBy(() -> target("--cacert", file("none.crt"))).hasMessageContaining("none.crt");
    }
}
