package io.meshkeep.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.proto.AuthEnableRequest;
import io.meshkeep.proto.AuthGrpc;
import io.meshkeep.proto.AuthRoleAddRequest;
import io.meshkeep.proto.AuthRoleGrantPermissionRequest;
import io.meshkeep.proto.AuthUserAddRequest;
import io.meshkeep.proto.AuthUserGrantRoleRequest;
import io.meshkeep.proto.AuthUserListRequest;
import io.meshkeep.proto.ClusterGrpc;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.ListEndpointsResponse;
import io.meshkeep.proto.MemberListRequest;
import io.meshkeep.proto.MeshGrpc;
import io.meshkeep.proto.MeshListRequest;
import io.meshkeep.proto.Permission;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.UserAddOptions;
import io.meshkeep.server.MeshkeepServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client's certificate says which user it is, as with etcd's {@code --client-cert-auth}. */
class CertificateUserTest {
    @TempDir
    Path directory;

    @Test
    void theCommonNameIsTheUser() throws Exception {
        Pki pki = new Pki(directory);
        try (MeshkeepServer server = MeshkeepServer.builder()
                        .dataDir(directory.resolve("data"))
                        .configure(config -> {
                            try {
                                config.listenTls(
                                        "127.0.0.1", 0, pki.writeServer(KeyAlgorithm.EC_P256, KeyFormat.PKCS8));
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        })
                        .build()
                        .start();
                Connection root = new Connection(server, pki, "root");
                Connection reader = new Connection(server, pki, "reader");
                Connection stranger = new Connection(server, pki, "stranger");
                Connection nameless = new Connection(server, pki, "")) {
            AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(root.channel);
            addUser(auth, "root", "root");
            auth.roleAdd(AuthRoleAddRequest.newBuilder().setName("readers").build());
            auth.roleGrantPermission(AuthRoleGrantPermissionRequest.newBuilder()
                    .setName("readers")
                    .setPerm(Permission.newBuilder()
                            .setPermType(Permission.Type.READ)
                            .setKey(bytes("a"))
                            .setRangeEnd(bytes("b")))
                    .build());
            addUser(auth, "reader", "readers");
            auth.authEnable(AuthEnableRequest.getDefaultInstance());

            root.put("a1");
            assertThat(reader.read("a1")).isEqualTo(1);
            assertDenied(() -> reader.read("c1"));
            assertDenied(() -> reader.put("a1"));
            assertDenied(() -> stranger.read("a1"));
            // As with etcd it is a user, of a name that nobody can have.
            assertDenied(() -> nameless.read("a1"));
            assertThat(ClusterGrpc.newBlockingStub(nameless.channel)
                            .memberList(MemberListRequest.getDefaultInstance())
                            .getMembersCount())
                    .isEqualTo(1);
            assertThatThrownBy(() -> AuthGrpc.newBlockingStub(nameless.channel)
                            .userList(AuthUserListRequest.getDefaultInstance()))
                    .hasMessage("INVALID_ARGUMENT: etcdserver: user name is empty");

            root.put("cilium/state/ip/v1/default/10.0.0.1", "{\"IP\":\"10.0.0.1\",\"ID\":7}");
            assertThat(root.endpoints().getEndpointsCount()).isEqualTo(1);
            assertThat(reader.endpoints().getEndpointsCount()).isZero();
        }
    }

    private static void addUser(AuthGrpc.AuthBlockingStub auth, String name, String role) {
        auth.userAdd(AuthUserAddRequest.newBuilder()
                .setName(name)
                .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
                .build());
        auth.userGrantRole(AuthUserGrantRoleRequest.newBuilder()
                .setUser(name)
                .setRole(role)
                .build());
    }

    private static void assertDenied(Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED))
                .hasMessageContaining("etcdserver: permission denied");
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    private static final class Connection implements AutoCloseable {
        private final ManagedChannel channel;

        Connection(MeshkeepServer server, Pki pki, String commonName) throws Exception {
            Issued own = pki.client(commonName);
            channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                    .sslContext(GrpcSslContexts.forClient()
                            .trustManager(pki.authority.certificate())
                            .keyManager(own.key(), own.chain().toArray(new X509Certificate[0]))
                            .build())
                    .build();
        }

        void put(String key) {
            put(key, "v");
        }

        void put(String key, String value) {
            KVGrpc.newBlockingStub(channel)
                    .put(PutRequest.newBuilder()
                            .setKey(bytes(key))
                            .setValue(bytes(value))
                            .build());
        }

        long read(String key) {
            return KVGrpc.newBlockingStub(channel)
                    .range(RangeRequest.newBuilder().setKey(bytes(key)).build())
                    .getCount();
        }

        ListEndpointsResponse endpoints() {
            return MeshGrpc.newBlockingStub(channel).listEndpoints(MeshListRequest.getDefaultInstance());
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }
}
