package io.meshkeep.server.rpc;

import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.meshkeep.proto.ElectionGrpc;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LockGrpc;
import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.auth.CallCredentials;
import io.meshkeep.server.auth.Passwords;
import io.meshkeep.server.auth.TokenFactory;
import io.meshkeep.server.auth.Tokens;
import io.meshkeep.server.direct.DirectMethods;
import io.meshkeep.server.mesh.AuthorizedAccess;
import io.meshkeep.server.mesh.MeshAccess;
import io.meshkeep.server.metrics.Metrics;
import io.meshkeep.store.Store;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** All services of the client port on one store: etcd's, and the mesh's. */
public final class EtcdServices implements AutoCloseable {
    /** What etcd lets gRPC take beyond the largest request, in bytes. */
    public static final int GRPC_OVERHEAD = 512 << 10;

    private final UnreadBytes unread;
    private final SlowCalls slowCalls;
    private final Passwords passwords;
    private final OpenStreams openStreams;
    private final MeshService mesh;
    private final Defragmenter defragmenter;
    private final List<ServerServiceDefinition> services;

    /** @param clientUrls the advertised client URLs, known once the server listens */
    public EtcdServices(Store store, ServerConfig config, Metrics metrics, Supplier<List<String>> clientUrls) {
        this(store, config, metrics, clientUrls, new AuthorizedAccess(store));
    }

    /**
     * @param clientUrls the advertised client URLs, known once the server listens
     * @param meshAccess decides what callers see of the mesh
     */
    public EtcdServices(
            Store store,
            ServerConfig config,
            Metrics metrics,
            Supplier<List<String>> clientUrls,
            MeshAccess meshAccess) {
        Headers headers = new Headers(store);
        unread = new UnreadBytes(config.name(), Runtime.getRuntime().maxMemory() / 3);
        slowCalls = new SlowCalls(config.name(), unread);
        defragmenter = new Defragmenter(config.name(), store);
        passwords = new Passwords(config.name(), config.bcryptCost());
        Tokens tokens = TokenFactory.tokens(config.authToken(), config.authTokenTtl());
        ServiceBinder binder = new ServiceBinder(
                new Methods(config.maxRequestBytes() + GRPC_OVERHEAD), metrics, unread, new CallCredentials(tokens));
        openStreams = binder.openStreams();
        mesh = new MeshService(config.name(), store, headers, meshAccess, unread);
        services = List.of(
                new KvService(
                                store,
                                headers,
                                slowCalls,
                                metrics.mvcc(),
                                new KvService.Limits(config.maxTxnOps(), config.maxRequestBytes()))
                        .bind(binder),
                new WatchService(store).bind(binder),
                new LeaseService(store, headers, slowCalls, metrics.lease(), config.minLeaseTtlSeconds()).bind(binder),
                new ClusterService(
                                store,
                                headers,
                                () -> new ClusterService.Self(
                                        config.name(), config.initialAdvertisePeerUrls(), clientUrls.get()))
                        .bind(binder),
                new MaintenanceService(
                                store,
                                headers,
                                defragmenter,
                                new MaintenanceService.About(
                                        config.advertisedVersion(),
                                        config.quotaBytes().orElse(0)))
                        .bind(binder),
                mesh.bind(binder),
                new AuthService(store, headers, passwords, tokens, config.maxRequestBytes()).bind(binder),
                binder.service(LockGrpc.getServiceDescriptor())
                        .unbuilt("use a lease and a transaction, as etcdctl lock does")
                        .build(),
                binder.service(ElectionGrpc.getServiceDescriptor())
                        .unbuilt("use a lease and a transaction, as etcdctl elect does")
                        .build());
    }

    /** Ends all streams, open ones and new ones, in a way that has clients go on elsewhere: the server is to stop. */
    public void endStreams() {
        openStreams.stop();
    }

    public List<ServerServiceDefinition> services() {
        return services;
    }

    /** The methods that come most often. */
    public DirectMethods directMethods() {
        Set<String> names = new HashSet<>();
        for (MethodDescriptor<?, ?> method : List.of(
                KVGrpc.getRangeMethod(),
                KVGrpc.getPutMethod(),
                KVGrpc.getDeleteRangeMethod(),
                KVGrpc.getTxnMethod(),
                LeaseGrpc.getLeaseGrantMethod(),
                LeaseGrpc.getLeaseRevokeMethod(),
                LeaseGrpc.getLeaseKeepAliveMethod())) {
            names.add(method.getFullMethodName());
        }
        List<String> metadata = new ArrayList<>(CallCredentials.METADATA);
        metadata.addAll(CallMetadata.METADATA);
        return DirectMethods.of(services, names, metadata);
    }

    /** Answers calls of methods that do not exist, in etcd's words. */
    public HandlerRegistry unknownMethods() {
        Set<String> known = new HashSet<>();
        services.forEach(service -> known.add(service.getServiceDescriptor().getName()));
        return new HandlerRegistry() {
            @Override
            public ServerMethodDefinition<?, ?> lookupMethod(String name, String authority) {
                int slash = name.lastIndexOf('/');
                String service = slash < 0 ? "" : name.substring(0, slash);
                String method = name.substring(slash + 1);
                Status status = Status.UNIMPLEMENTED.withDescription(
                        known.contains(service)
                                ? "unknown method " + method + " for service " + service
                                : "unknown service " + service);
                return ServerMethodDefinition.create(
                        MethodDescriptor.<byte[], byte[]>newBuilder()
                                .setType(MethodDescriptor.MethodType.UNKNOWN)
                                .setFullMethodName(name)
                                .setRequestMarshaller(NO_MESSAGE)
                                .setResponseMarshaller(NO_MESSAGE)
                                .build(),
                        (call, headers) -> {
                            call.close(status, new Metadata());
                            return new ServerCall.Listener<byte[]>() {};
                        });
            }
        };
    }

    private static final MethodDescriptor.Marshaller<byte[]> NO_MESSAGE = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            return new byte[0];
        }
    };

    @Override
    public void close() {
        unread.close();
        mesh.close();
        passwords.close();
        slowCalls.close();
        defragmenter.close();
    }
}
