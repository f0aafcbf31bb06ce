package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.auth.Permission;
import io.etcd.jetcd.kv.GetResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** jetcd as a user with a password. */
class JetcdAuthTest extends JetcdTest {
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

    private Client login(String user, String password) {
        return Client.builder()
                .endpoints("http://" + target.endpoint())
                .user(bytes(user))
                .password(bytes(password))
                .retryDelay(50)
                .retryMaxDelay(200)
                .retryMaxDuration(Duration.ofSeconds(1))
                .build();
    }

    private static void assertRefused(CompletableFuture<?> call, String text) {
        assertThatThrownBy(() -> call.get(RawClient.PATIENCE_SECONDS, TimeUnit.SECONDS))
                .rootCause()
                .hasMessageContaining(text);
    }

    @Test
    void aUserDoesWhatTheRolePermits() {
        try (Client alice = login("alice", "secret")) {
            get(alice.getKVClient().put(bytes("a/1"), bytes("v")));
            GetResponse found = get(alice.getKVClient().get(bytes("a/1")));
            assertThat(text(found.getKvs().get(0).getValue())).isEqualTo("v");
            assertRefused(alice.getKVClient().put(bytes("z"), bytes("v")), "etcdserver: permission denied");
            assertRefused(alice.getAuthClient().userList(), "etcdserver: permission denied");
            assertThat(get(alice.getAuthClient().userGet(bytes("alice"))).getRoles())
                    .containsExactly("r");
        }
    }

    @Test
    void aWrongPasswordIsNone() {
        try (Client alice = login("alice", "wrong")) {
            assertRefused(alice.getKVClient().get(bytes("a/1")), "invalid user ID or password");
        }
    }

    @Test
    void aClientLogsInAgainWhenItsTokenIsVoid() {
        try (Client root = login("root", "pw")) {
            get(root.getKVClient().put(bytes("k"), bytes("v")));
            // voids the token in use; the password stays
            get(root.getAuthClient().userChangePassword(bytes("root"), bytes("pw")));
            get(root.getKVClient().put(bytes("k"), bytes("w")));
            get(root.getAuthClient().authDisable());
        }
        get(client.getKVClient().get(bytes("k")));
    }
}
