package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.proto.AuthGrpc;
import io.meshkeep.server.MeshkeepServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code meshkeep init} and {@code meshkeep auth explain}, as they are typed. */
class AuthCommandsTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        out.reset();
        err.reset();
        return new Main(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of())
                .run(List.of(arguments));
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void initGivesAnEmptyStoreUsersOnce() throws Exception {
        String data = directory.resolve("data").toString();
        assertThat(run("init", "--data-dir", data, "--cluster-name=here")).isEqualTo(Main.OK);
        assertThat(out()).contains("root", "admin-here", "externalworkload", "local-here", "remote");
        assertThat(run("init", "--data-dir", data, "--cluster-name=here")).isEqualTo(Main.FAILED);
        assertThat(err()).contains("already has users");
        try (MeshkeepServer server = MeshkeepServer.builder()
                .dataDir(Path.of(data))
                .listen("127.0.0.1", 0)
                .build()
                .start()) {
            assertThat(server.store().snapshot().auth().isEnabled()).isTrue();
            String endpoint = server.clientUrls().get(0);
            assertThat(run("auth", "explain", "--endpoints", endpoint, "--user", "remote", "--key", "k"))
                    .isEqualTo(Main.FAILED);
            assertThat(err()).contains("user name is empty");
            assertThat(run("init", "--data-dir", data, "--cluster-name=here")).isEqualTo(Main.FAILED);
        }
    }

    @Test
    void explainSaysThroughWhichRole() throws Exception {
        try (MeshkeepServer server = MeshkeepServer.builder()
                .dataDir(directory.resolve("data"))
                .listen("127.0.0.1", 0)
                .configure(config -> config.bcryptCost(4))
                .build()
                .start()) {
            io.grpc.ManagedChannel channel = io.grpc.inprocess.InProcessChannelBuilder.forName(server.inProcessName())
                    .build();
            AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(channel);
            add(auth, "root", "pw");
            add(auth, "alice", "secret");
            role(auth, "low", "a", "m");
            role(auth, "high", "m", "z");
            grant(auth, "root", "root");
            grant(auth, "alice", "low");
            grant(auth, "alice", "high");
            auth.authEnable(io.meshkeep.proto.AuthEnableRequest.getDefaultInstance());
            channel.shutdownNow();

            String endpoint = server.clientUrls().get(0);
            String[] common = {"auth", "explain", "--endpoints=" + endpoint, "--user=root:pw"};
            assertThat(run(join(common, "--user=alice", "--key=b", "--range-end=y")))
                    .isEqualTo(Main.OK);
            assertThat(out()).isEqualTo("""
                    user alice, roles: high, low
                    READ  [b, y): yes
                      through role high: READ [m, z)
                      through role low: READ [a, m)
                    WRITE [b, y): no
                    """);
            assertThat(run(join(common, "--user=alice", "--key=b", "--range-end=\\0")))
                    .isEqualTo(Main.OK);
            assertThat(out()).contains("READ  [b, ∞): no", "not all of it, only role low: READ [a, m)");
            assertThat(run("auth", "explain", "--endpoints=" + endpoint, "--user=alice:secret", "--key=zz"))
                    .isEqualTo(Main.OK);
            assertThat(out()).startsWith("user alice");
            assertThat(run(join(common, "--key=k"))).isEqualTo(Main.OK);
            assertThat(out()).contains("the role root may do everything");
            assertThat(run("auth", "explain", "--endpoints=" + endpoint, "--user=alice:wrong", "--key=k"))
                    .isEqualTo(Main.FAILED);
            assertThat(err()).contains("invalid user ID or password").doesNotContain("wrong");
        }
    }

    @Test
    void whatIsMissingOrUnknownIsNamed() {
        assertThat(run("init", "--data-dir", "d")).isEqualTo(Main.MISUSED);
        assertThat(err()).contains("--cluster-name");
        assertThat(run("init", "--nonsense=1")).isEqualTo(Main.MISUSED);
        assertThat(err()).contains("--nonsense");
        assertThat(run("auth", "explain", "--user", "u")).isEqualTo(Main.MISUSED);
        assertThat(err()).contains("--key");
        assertThat(run("auth", "explain", "--key", "k")).isEqualTo(Main.MISUSED);
        assertThat(run("auth", "other")).isEqualTo(Main.MISUSED);
        assertThat(run("auth")).isEqualTo(Main.MISUSED);
    }

    private static String[] join(String[] some, String... more) {
        String[] all = java.util.Arrays.copyOf(some, some.length + more.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }

    private static void add(AuthGrpc.AuthBlockingStub auth, String name, String password) {
        auth.userAdd(io.meshkeep.proto.AuthUserAddRequest.newBuilder()
                .setName(name)
                .setPassword(password)
                .build());
    }

    private static void grant(AuthGrpc.AuthBlockingStub auth, String user, String role) {
        auth.userGrantRole(io.meshkeep.proto.AuthUserGrantRoleRequest.newBuilder()
                .setUser(user)
                .setRole(role)
                .build());
    }

    private static void role(AuthGrpc.AuthBlockingStub auth, String name, String key, String end) {
        auth.roleAdd(
                io.meshkeep.proto.AuthRoleAddRequest.newBuilder().setName(name).build());
        auth.roleGrantPermission(io.meshkeep.proto.AuthRoleGrantPermissionRequest.newBuilder()
                .setName(name)
                .setPerm(io.meshkeep.proto.Permission.newBuilder()
                        .setKey(com.google.protobuf.ByteString.copyFromUtf8(key))
                        .setRangeEnd(com.google.protobuf.ByteString.copyFromUtf8(end)))
                .build());
    }
}
