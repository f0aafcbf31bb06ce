package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.auth.Permission;
import io.etcd.jetcd.options.WatchOption;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.server.tls.Pki;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** jetcd over mutual TLS, as the user of its certificate and as one with a password. */
class JetcdTlsTest extends JetcdTest {
    @TempDir
    Path directory;

    private Pki pki;

    @Override
    Target start() {
        pki = new Pki(directory);
        try {
            return kind.startTls(pki.writeServer(KeyAlgorithm.EC_P256, KeyFormat.PKCS8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    Client newClient() {
        return shows("root").build();
    }

    private ClientBuilder shows(String commonName) {
        try {
            return Client.builder()
                    .endpoints("https://" + target.endpoint())
                    .sslContext(pki.grpcContext(commonName))
                    .retryDelay(50)
                    .retryMaxDelay(200)
                    .retryMaxDuration(Duration.ofSeconds(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void enable() {
        Auth auth = client.getAuthClient();
        get(auth.userAdd(bytes("root"), bytes("pw")));
        get(auth.roleAdd(bytes("root")));
        get(auth.userGrantRole(bytes("root"), bytes("root")));
        get(auth.roleAdd(bytes("r")));
        get(auth.roleGrantPermission(bytes("r"), bytes("a"), bytes("b"), Permission.Type.READWRITE));
        get(auth.userAdd(bytes("alice"), bytes("secret")));
        get(auth.userGrantRole(bytes("alice"), bytes("r")));
        get(auth.authEnable());
    }

    private static void assertRefused(CompletableFuture<?> call, String text) {
        assertThatThrownBy(() -> call.get(RawClient.PATIENCE_SECONDS, TimeUnit.SECONDS))
                .rootCause()
                .hasMessageContaining(text);
    }

    @Test
    void theCertificateSaysWhoTheUserIs() throws InterruptedException {
        try (Client alice = shows("alice").build();
                Client stranger = shows("stranger").build()) {
            BlockingQueue<String> seen = new LinkedBlockingQueue<>();
            try (Watch.Watcher watcher = alice.getWatchClient()
                    .watch(
                            bytes("a/1"),
                            WatchOption.builder().withRevision(1).build(),
                            response -> response.getEvents()
                                    .forEach(event ->
                                            seen.add(text(event.getKeyValue().getValue()))))) {
                get(alice.getKVClient().put(bytes("a/1"), bytes("v")));
                get(client.getKVClient().put(bytes("a/1"), bytes("w")));
                assertThat(seen.poll(RawClient.PATIENCE_SECONDS, TimeUnit.SECONDS))
                        .isEqualTo("v");
                assertThat(watcher.isClosed()).isFalse();
            }
            assertRefused(alice.getKVClient().get(bytes("z")), "etcdserver: permission denied");
            assertRefused(alice.getAuthClient().userList(), "etcdserver: permission denied");
            assertRefused(stranger.getKVClient().get(bytes("a/1")), "etcdserver: permission denied");
        }
        assertThat(get(client.getAuthClient().userList()).getUsers()).containsExactly("alice", "root");
    }

    @Test
    void aPasswordGoesBeforeTheCertificate() {
        try (Client alice = shows("stranger")
                        .user(bytes("alice"))
                        .password(bytes("secret"))
                        .build();
                Client wrong = shows("root")
                        .user(bytes("alice"))
                        .password(bytes("wrong"))
                        .build()) {
            get(alice.getKVClient().put(bytes("a/1"), bytes("v")));
            assertRefused(alice.getKVClient().put(bytes("z"), bytes("v")), "etcdserver: permission denied");
            assertRefused(wrong.getKVClient().get(bytes("a/1")), "invalid user ID or password");
        }
    }
}
