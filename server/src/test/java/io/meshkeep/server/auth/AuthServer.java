package io.meshkeep.server.auth;

import io.grpc.Attributes;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.meshkeep.proto.AuthEnableRequest;
import io.meshkeep.proto.AuthGrpc;
import io.meshkeep.proto.AuthUserAddRequest;
import io.meshkeep.proto.AuthUserGrantRoleRequest;
import io.meshkeep.proto.AuthenticateRequest;
import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.metrics.Metrics;
import io.meshkeep.server.rpc.EtcdServices;
import io.meshkeep.store.AuthChange;
import io.meshkeep.store.Command;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** All services on a store, in this process, for callers with any certificate name: what TLS would tell, a header does. */
final class AuthServer implements AutoCloseable {
    static final String ROOT_PASSWORD = "for root";

    private static final Metadata.Key<String> NAME = Metadata.Key.of("test-name", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

    private final Path directory;
    private final ServerConfig config;
    private Store store;
    private EtcdServices services;
    private Server server;
    private ManagedChannel channel;

    AuthServer(Path directory) {
        this(directory, builder -> {});
    }

    AuthServer(Path directory, Consumer<ServerConfig.Builder> configure) {
        ServerConfig.Builder builder = ServerConfig.builder().bcryptCost(4);
        configure.accept(builder);
        this.directory = directory;
        this.config = builder.build();
        open();
    }

    private void open() {
        store = Store.open(directory, StoreOptions.defaults());
        services = new EtcdServices(store, config, new Metrics("3.5.33", false), List::of);
        String name = UUID.randomUUID().toString();
        InProcessServerBuilder builder = InProcessServerBuilder.forName(name).directExecutor();
        services.services()
                .forEach(service -> builder.addService(ServerInterceptors.intercept(service, new Certificate())));
        try {
            server = builder.build().start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    }

    /** Stands for TLS: tells the certificate's name as a transport would. */
    private static final class Certificate implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            String name = headers.get(NAME);
            if (name == null) {
                return next.startCall(call, headers);
            }
            return next.startCall(
                    new SimpleForwardingServerCall<>(call) {
                        @Override
                        public Attributes getAttributes() {
                            return super.getAttributes().toBuilder()
                                    .set(PeerIdentity.COMMON_NAME, name)
                                    .build();
                        }
                    },
                    headers);
        }
    }

    /** Stops and starts again on the same data. */
    void restart() {
        close();
        open();
    }

    Store store() {
        return store;
    }

    /** Who shows nothing. */
    Channel nobody() {
        return channel;
    }

    /** Who comes with a certificate of this name. */
    Channel named(String name) {
        return with(NAME, name);
    }

    /** Who shows a token. */
    Channel token(String token) {
        return with(TOKEN, token);
    }

    private Channel with(Metadata.Key<String> key, String value) {
        Metadata headers = new Metadata();
        headers.put(key, value);
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    String login(String user, String password) {
        return AuthGrpc.newBlockingStub(channel)
                .authenticate(AuthenticateRequest.newBuilder()
                        .setName(user)
                        .setPassword(password)
                        .build())
                .getToken();
    }

    /** Adds root, with a password, and switches authentication on. */
    void enable() {
        AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(channel);
        auth.userAdd(AuthUserAddRequest.newBuilder()
                .setName("root")
                .setPassword(ROOT_PASSWORD)
                .build());
        auth.userGrantRole(AuthUserGrantRoleRequest.newBuilder()
                .setUser("root")
                .setRole("root")
                .build());
        auth.authEnable(AuthEnableRequest.getDefaultInstance());
    }

    /** Changes users past the API. */
    void change(AuthChange change) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        store.write(new Command.Auth(change), 64, (result, error) -> {
            if (error == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(error);
            }
        });
        done.join();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
        services.close();
        store.close();
    }
}
