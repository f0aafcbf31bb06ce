package io.meshkeep.server.cli;

import com.google.protobuf.ByteString;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.certs.Pem;
import io.meshkeep.proto.AuthGrpc;
import io.meshkeep.proto.AuthRoleGetRequest;
import io.meshkeep.proto.AuthUserGetRequest;
import io.meshkeep.proto.AuthenticateRequest;
import io.meshkeep.proto.Permission;
import io.meshkeep.server.StartException;
import io.meshkeep.store.AuthUser;
import io.meshkeep.store.KeyIntervals;
import io.meshkeep.store.KeyRange;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * {@code meshkeep auth explain}: what a user may do with a key or a range, and which roles say so, by asking a running
 * server's Auth API. {@code --user name:password} logs in, as etcdctl has it; {@code --user name} is whom to explain, and
 * may be left out for oneself.
 */
final class ExplainCommand {
    private static final Set<String> FLAGS =
            Set.of("endpoints", "user", "key", "range-end", "cacert", "cert", "key-file");
    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
    private static final int DEADLINE_SECONDS = 10;

    private final PrintStream out;
    private final AuthGrpc.AuthBlockingStub auth;

    private ExplainCommand(PrintStream out, AuthGrpc.AuthBlockingStub auth) {
        this.out = out;
        this.auth = auth;
    }

    static int run(List<String> arguments, Map<String, String> environment, PrintStream out)
            throws UsageException, StartException {
        Arguments given = Arguments.parse("auth explain", arguments, FLAGS);
        String login = environment.getOrDefault("ETCDCTL_USER", "");
        String user = "";
        for (String each : given.all("user")) {
            if (each.contains(":")) {
                login = each;
            } else {
                user = each;
            }
        }
        int colon = login.indexOf(':');
        if (user.isEmpty()) {
            user = colon < 0 ? login : login.substring(0, colon);
        }
        if (user.isEmpty()) {
            throw new UsageException("--user is needed: whose permissions to explain");
        }
        ByteString key = ByteString.copyFromUtf8(unescape(given.require("key")));
        ByteString rangeEnd = ByteString.copyFromUtf8(unescape(given.get("range-end", "")));
        String endpoint = given.get("endpoints", environment.getOrDefault("ETCDCTL_ENDPOINTS", "127.0.0.1:2379"))
                .split(",", 2)[0];
        ManagedChannel channel = connect(endpoint, given);
        try {
            AuthGrpc.AuthBlockingStub stub = AuthGrpc.newBlockingStub(channel)
                    .withInterceptors(new ClientInterceptor() {
                        @Override
                        public <Q, R> io.grpc.ClientCall<Q, R> interceptCall(
                                io.grpc.MethodDescriptor<Q, R> method,
                                io.grpc.CallOptions options,
                                io.grpc.Channel next) {
                            return next.newCall(method, options.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS));
                        }
                    });
            if (colon >= 0) {
                stub = login(stub, login.substring(0, colon), login.substring(colon + 1));
            }
            new ExplainCommand(out, stub).explain(user, KeyRange.of(key, rangeEnd));
            return Main.OK;
        } catch (StatusRuntimeException e) {
            throw new StartException(endpoint + ": " + e.getStatus().getDescription(), e);
        } finally {
            channel.shutdownNow();
        }
    }

    /** A key may hold the zero byte that no shell passes on. */
    private static String unescape(String text) {
        return text.replace("\\0", "\0");
    }

    private static AuthGrpc.AuthBlockingStub login(AuthGrpc.AuthBlockingStub stub, String name, String password) {
        Metadata token = new Metadata();
        token.put(
                TOKEN,
                stub.authenticate(AuthenticateRequest.newBuilder()
                                .setName(name)
                                .setPassword(password)
                                .build())
                        .getToken());
        return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(token));
    }

    private static ManagedChannel connect(String endpoint, Arguments given) throws StartException {
        boolean tls = endpoint.startsWith("https://") || !given.all("cacert").isEmpty();
        String target = endpoint.replaceFirst("^https?://", "");
        if (!tls) {
            return Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                    .build();
        }
        try {
            TlsChannelCredentials.Builder credentials = TlsChannelCredentials.newBuilder();
            if (!given.all("cacert").isEmpty()) {
                credentials.trustManager(new File(given.get("cacert", "")));
            }
            if (!given.all("cert").isEmpty()) {
                Issued own =
                        CertificateFiles.readIssued(Path.of(given.get("cert", "")), Path.of(given.get("key-file", "")));
                // which takes a key in no other form
                String key = Pem.of(own.key(), KeyFormat.PKCS8);
                credentials.keyManager(stream(Pem.of(own.chain())), stream(key));
            }
            return Grpc.newChannelBuilder(target, credentials.build()).build();
        } catch (IOException e) {
            throw new StartException("a certificate or key cannot be read: " + e.getMessage(), e);
        }
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void explain(String user, KeyRange range) {
        List<String> roles = auth.userGet(
                        AuthUserGetRequest.newBuilder().setName(user).build())
                .getRolesList();
        out.println("user " + user + ", roles: " + (roles.isEmpty() ? "none" : String.join(", ", roles)));
        if (roles.contains(AuthUser.ROOT)) {
            out.println("READ  " + range + ": yes, the role root may do everything");
            out.println("WRITE " + range + ": yes, the role root may do everything");
            return;
        }
        Map<String, List<Permission>> permissions = new LinkedHashMap<>();
        for (String role : roles) {
            permissions.put(
                    role,
                    auth.roleGet(AuthRoleGetRequest.newBuilder().setRole(role).build())
                            .getPermList());
        }
        explain(Permission.Type.READ, range, permissions);
        explain(Permission.Type.WRITE, range, permissions);
    }

    private void explain(Permission.Type wanted, KeyRange range, Map<String, List<Permission>> permissions) {
        List<KeyRange> all = new ArrayList<>();
        List<String> because = new ArrayList<>();
        permissions.forEach((role, granted) -> {
            for (Permission permission : granted) {
                KeyRange part = KeyRange.of(permission.getKey(), permission.getRangeEnd());
                boolean right =
                        permission.getPermType() == wanted || permission.getPermType() == Permission.Type.READWRITE;
                if (right && touches(part, range)) {
                    all.add(part);
                    because.add("role " + role + ": " + permission.getPermType() + " " + part);
                }
            }
        });
        boolean permitted = KeyIntervals.of(all).covers(range);
        out.println((wanted == Permission.Type.READ ? "READ  " : "WRITE ") + range + ": " + (permitted ? "yes" : "no"));
        String only = permitted ? "  through " : "  not all of it, only ";
        because.forEach(reason -> out.println(only + reason));
    }

    private static boolean touches(KeyRange part, KeyRange range) {
        boolean startsBefore = range.end() == null || Arrays.compareUnsigned(part.start(), range.end()) < 0;
        boolean endsAfter = part.end() == null || Arrays.compareUnsigned(part.end(), range.start()) > 0;
        return startsBefore && endsAfter;
    }
}
