package io.meshkeep.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class JwtTokensTest {
    @TempDir
    Path directory;

    /** Making an RSA key takes long, and one does for all its methods. */
    private static final KeyPair RSA = rsa();

    private static KeyPair rsa() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair pair(SigningMethod method) throws Exception {
        if (method.keyAlgorithm.equals("RSA")) {
            return RSA;
        }
        KeyPairGenerator generator = KeyPairGenerator.getInstance(method.keyAlgorithm);
        switch (method) {
            case ES256 -> generator.initialize(256);
            case ES384 -> generator.initialize(384);
            case ES512 -> generator.initialize(521);
            default -> {
                // it has one size
            }
        }
        return generator.generateKeyPair();
    }

    private Path pem(String name, String type, byte[] der) throws IOException {
        return Files.writeString(
                directory.resolve(name),
                "-----BEGIN " + type + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + type
                        + "-----\n");
    }

    private String spec(SigningMethod method) throws Exception {
        if (method.isSymmetric()) {
            return "jwt,sign-method=" + method + ",priv-key="
                    + Files.writeString(directory.resolve("secret"), "s3cret");
        }
        KeyPair pair = pair(method);
        return "jwt,sign-method=" + method + ",priv-key="
                + pem("priv.pem", "PRIVATE KEY", pair.getPrivate().getEncoded()) + ",pub-key="
                + pem("pub.pem", "PUBLIC KEY", pair.getPublic().getEncoded()) + ",ttl=1m";
    }

    private static void put(AuthServer server, String token) {
        KVGrpc.newBlockingStub(server.token(token))
                .put(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("k"))
                        .build());
    }

    @ParameterizedTest
    @EnumSource(SigningMethod.class)
    void whatIsSignedIsKnown(SigningMethod method) throws Exception {
        String spec = spec(method);
        try (AuthServer server = new AuthServer(directory.resolve("data"), config -> config.authToken(spec))) {
            server.enable();
            String token = server.login("root", AuthServer.ROOT_PASSWORD);
            put(server, token);
            for (String bad : Stream.of(
                            token.substring(0, token.length() - 2),
                            token + "A",
                            token.substring(token.indexOf('.')),
                            withHeader(token, "{\"alg\":\"none\",\"typ\":\"JWT\"}"),
                            withHeader(token, "{\"alg\":\"HS256\",\"typ\":\"JWT\"} "),
                            withClaims(token, "{\"username\":\"root\",\"revision\":1e9}"))
                    .toList()) {
                assertThatThrownBy(() -> put(server, bad))
                        .hasMessage("UNAUTHENTICATED: etcdserver: invalid auth token");
            }
        }
    }

    private static String withHeader(String token, String header) {
        return encode(header) + token.substring(token.indexOf('.'));
    }

    private static String withClaims(String token, String claims) {
        return token.substring(0, token.indexOf('.') + 1) + encode(claims) + token.substring(token.lastIndexOf('.'));
    }

    private static String encode(String json) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aTokenOutlivesTheServerThatIssuedIt() throws Exception {
        String spec = spec(SigningMethod.EdDSA);
        try (AuthServer server = new AuthServer(directory.resolve("data"), config -> config.authToken(spec))) {
            server.enable();
            String token = server.login("root", AuthServer.ROOT_PASSWORD);
            server.restart();
            put(server, token);
        }
    }

    @Test
    void aTokenIsGoodForItsAuthRevisionOnly() throws Exception {
        String spec = spec(SigningMethod.HS256);
        try (AuthServer server = new AuthServer(directory.resolve("data"), config -> config.authToken(spec))) {
            server.enable();
            String token = server.login("root", AuthServer.ROOT_PASSWORD);
            put(server, token);
            server.change(new io.meshkeep.store.AuthChange.RoleAdd("r"));
            assertThatThrownBy(() -> put(server, token))
                    .hasMessage("INVALID_ARGUMENT: etcdserver: revision of auth store is old");
        }
    }

    /** etcd lets such a token manage users until it expires. */
    @Test
    void aTokenFromBeforeThePasswordChangedManagesNothing() throws Exception {
        String spec = spec(SigningMethod.HS512);
        try (AuthServer server = new AuthServer(directory.resolve("data"), config -> config.authToken(spec))) {
            server.enable();
            String token = server.login("root", AuthServer.ROOT_PASSWORD);
            var list = io.meshkeep.proto.AuthUserListRequest.getDefaultInstance();
            var stub = io.meshkeep.proto.AuthGrpc.newBlockingStub(server.token(token));
            server.change(new io.meshkeep.store.AuthChange.RoleAdd("r"));
            assertThat(stub.userList(list).getUsersList()).containsExactly("root");
            server.change(new io.meshkeep.store.AuthChange.UserChangePassword("root", ByteString.EMPTY));
            assertThatThrownBy(() -> stub.userList(list))
                    .hasMessage("INVALID_ARGUMENT: etcdserver: revision of auth store is old");
        }
    }

    @Test
    void withThePublicKeyAloneTokensAreKnownAndNotIssued() throws Exception {
        KeyPair pair = pair(SigningMethod.ES256);
        String pub = "jwt,sign-method=ES256,pub-key="
                + pem("pub.pem", "PUBLIC KEY", pair.getPublic().getEncoded());
        try (AuthServer server = new AuthServer(directory.resolve("data"), config -> config.authToken(pub))) {
            server.enable();
            assertThatThrownBy(() -> server.login("root", AuthServer.ROOT_PASSWORD))
                    .hasMessage("UNKNOWN: auth: token signing attempted with verify-only key");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jwt",
                "jwt,sign-method=none",
                "jwt,sign-method=HS256",
                "jwt,sign-method=RS256",
                "jwt,sign-method=RS256,priv-key=/does/not/exist",
                "jwt,sign-method=HS256,sign-method=HS256,priv-key=x",
                "jwt,unknown=1",
                "jwt,sign-method=ES256,ttl=soon",
                "other"
            })
    void aSpecThatMakesNoSenseIsRefused(String spec) {
        assertThatThrownBy(() -> TokenFactory.tokens(spec, Duration.ofMinutes(5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("auth-token");
    }

    @Test
    void keysThatAreNoPairAreRefused() throws Exception {
        Path priv = pem(
                "priv.pem",
                "PRIVATE KEY",
                pair(SigningMethod.ES256).getPrivate().getEncoded());
        Path pub = pem(
                "pub.pem", "PUBLIC KEY", pair(SigningMethod.ES256).getPublic().getEncoded());
        assertThatThrownBy(() -> TokenFactory.tokens(
                        "jwt,sign-method=ES256,priv-key=" + priv + ",pub-key=" + pub, Duration.ofMinutes(5)))
                .hasMessageContaining("not a pair");
    }
}
