package io.meshkeep.server.tls;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.proto.AuthEnableRequest;
import io.meshkeep.proto.AuthGrpc;
import io.meshkeep.proto.AuthRoleAddRequest;
import io.meshkeep.proto.AuthRoleGrantPermissionRequest;
import io.meshkeep.proto.AuthUserAddRequest;
import io.meshkeep.proto.AuthUserGrantRoleRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.Permission;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.UserAddOptions;
import io.meshkeep.server.crash.ServerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Cilium's {@code etcdinit} does to the etcd of a {@code clustermesh-apiserver}, call by call and in its order, to
 * a process without TLS that is then ended by SIGTERM; and what a second process with TLS makes of the same data. Which
 * etcdinit was run itself is in {@code docs/referees.md}.
 */
class CiliumBootstrapTest {
    private static final String CLUSTER = "east";

    @TempDir
    Path directory;

    private AuthGrpc.AuthBlockingStub auth;

    @Test
    void aStoreThatEtcdinitMadeServesThoseWhomItAdded() throws Exception {
        initialise();
        Pki pki = new Pki(directory);
        try (ServerProcess server = ServerProcess.on(directory.resolve("data"))
                .tls(pki.writeServer(KeyAlgorithm.RSA_2048, KeyFormat.PKCS1))
                .flags("--name=clustermesh-apiserver", "--initial-cluster-token=uid", "--auto-compaction-retention=1")
                .start()) {
            List<String> allowed = new ArrayList<>();
            for (String user : List.of(
                    "root", "admin-east", "externalworkload", "local-east", "remote", "admin-west", "remote-west")) {
                ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                        .sslContext(pki.grpcContext(user))
                        .build();
                allowed.add(user + ":" + allowed(KVGrpc.newBlockingStub(channel)));
                channel.shutdownNow();
            }
            assertThat(allowed)
                    .containsExactly(
                            "root: read state, write state, read cache, read config, write register, read all",
                            "admin-east: read state, write state, read cache, read config, write register, read all",
                            "externalworkload: read state, read cache, read config, write register, read all",
                            "local-east: read cache, read config",
                            "remote: read state, read config",
                            "admin-west:",
                            "remote-west:");
            assertThat(server.terminate()).isZero();
        }
    }

    private static String allowed(KVGrpc.KVBlockingStub kv) {
        StringBuilder allowed = new StringBuilder();
        String separator = " ";
        for (String each :
                List.of("read state", "write state", "read cache", "read config", "write register", "read all")) {
            String key = switch (each) {
                case "read state", "write state" -> "cilium/state/nodes/v1/east/a";
                case "read cache" -> "cilium/cache/nodes/v1/west/b";
                case "read config" -> "cilium/cluster-config/east";
                case "write register" -> "cilium/state/noderegister/v1/vm";
                default -> "\0";
            };
            try {
                if (each.startsWith("write")) {
                    kv.put(PutRequest.newBuilder().setKey(bytes(key)).build());
                } else {
                    kv.range(RangeRequest.newBuilder()
                            .setKey(bytes(key))
                            .setRangeEnd(bytes(each.equals("read all") ? "\0" : ""))
                            .build());
                }
                allowed.append(separator).append(each);
                separator = ", ";
            } catch (StatusRuntimeException refused) {
                assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
                assertThat(refused.getStatus().getDescription()).isEqualTo("etcdserver: permission denied");
            }
        }
        return allowed.toString();
    }

    /** As {@code pkg/kvstore/etcdinit} of Cilium 1.17 has it. */
    private void initialise() {
        try (ServerProcess server = ServerProcess.on(directory.resolve("data"))
                .flags(
                        "--name=clustermesh-apiserver",
                        "--advertise-client-urls=http://localhost:2379",
                        "--initial-cluster-token=uid",
                        "--initial-cluster-state=new")
                .start()) {
            ManagedChannel channel = server.channel();
            auth = AuthGrpc.newBlockingStub(channel);
            user("root");
            grant("root", "root");
            user("admin-" + CLUSTER);
            grant("admin-" + CLUSTER, "root");

            user("externalworkload");
            role("externalworkload");
            grant("externalworkload", "externalworkload");
            permit("externalworkload", Permission.Type.READ, "\0", "\0");
            permit("externalworkload", Permission.Type.READWRITE, "cilium/state/noderegister/v1/");
            permit("externalworkload", Permission.Type.READWRITE, "cilium/.initlock/");

            user("local-" + CLUSTER);
            role("local");
            grant("local-" + CLUSTER, "local");
            permit("local", Permission.Type.READ, "cilium/.heartbeat");
            permit("local", Permission.Type.READ, "cilium/cache/");
            permit("local", Permission.Type.READ, "cilium/cluster-config/");
            permit("local", Permission.Type.READ, "cilium/synced/");

            user("remote");
            role("remote");
            grant("remote", "remote");
            permit("remote", Permission.Type.READ, "cilium/.heartbeat");
            permit("remote", Permission.Type.READ, "cilium/state/");
            permit("remote", Permission.Type.READ, "cilium/cluster-config/" + CLUSTER, "");
            permit("remote", Permission.Type.READ, "cilium/synced/" + CLUSTER + "/");

            auth.authEnable(AuthEnableRequest.getDefaultInstance());
            channel.shutdownNow();
            assertThat(server.terminate()).isZero();
        }
    }

    private void user(String name) {
        auth.userAdd(AuthUserAddRequest.newBuilder()
                .setName(name)
                .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
                .build());
    }

    private void role(String name) {
        auth.roleAdd(AuthRoleAddRequest.newBuilder().setName(name).build());
    }

    private void grant(String user, String role) {
        auth.userGrantRole(AuthUserGrantRoleRequest.newBuilder()
                .setUser(user)
                .setRole(role)
                .build());
    }

    /** A prefix, which ends in a character that has a next one. */
    private void permit(String role, Permission.Type type, String prefix) {
        char last = prefix.charAt(prefix.length() - 1);
        permit(role, type, prefix, prefix.substring(0, prefix.length() - 1) + (char) (last + 1));
    }

    private void permit(String role, Permission.Type type, String key, String end) {
        auth.roleGrantPermission(AuthRoleGrantPermissionRequest.newBuilder()
                .setName(role)
                .setPerm(Permission.newBuilder()
                        .setPermType(type)
                        .setKey(bytes(key))
                        .setRangeEnd(bytes(end)))
                .build());
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
