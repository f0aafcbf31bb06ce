package io.meshkeep.server.rpc;

import com.google.protobuf.MessageLite;
import io.grpc.ServerServiceDefinition;
import io.meshkeep.proto.MeshGrpc;
import io.meshkeep.proto.MeshWatchRequest;
import io.meshkeep.proto.MeshWatchResponse;
import io.meshkeep.server.mesh.MeshAccess;
import io.meshkeep.server.mesh.MeshAnswers;
import io.meshkeep.server.mesh.MeshWatch;
import io.meshkeep.server.mesh.MeshWatchSink;
import io.meshkeep.server.mesh.MeshWatches;
import io.meshkeep.store.Store;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;

/**
 * {@code meshkeep.v1.Mesh}. Its calls have threads of their own: what they read may have to be made from disk, and no
 * call of etcd's API should wait for that.
 */
final class MeshService implements AutoCloseable {
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final MeshAccess access;
    private final MeshAnswers answers;
    private final MeshWatches watches;
    private final SlowCalls calls;

    MeshService(String name, Store store, Headers headers, MeshAccess access, UnreadBytes unread) {
        this.access = access;
        this.answers = new MeshAnswers(store, headers::at);
        this.watches = new MeshWatches(name, store, access, headers::at, PROGRESS_NANOS);
        this.calls = new SlowCalls(name + "-mesh", unread);
    }

    ServerServiceDefinition bind(ServiceBinder binder) {
        return binder
                .service(MeshGrpc.getServiceDescriptor())
                .unary(MeshGrpc.getGetIdentityMethod(), answer(answers::getIdentity))
                .unary(MeshGrpc.getListIdentitiesMethod(), answer(answers::listIdentities))
                .unary(MeshGrpc.getListEndpointsMethod(), answer(answers::listEndpoints))
                .unary(MeshGrpc.getListNodesMethod(), answer(answers::listNodes))
                .unary(MeshGrpc.getListServicesMethod(), answer(answers::listServices))
                .unary(MeshGrpc.getListClustersMethod(), answer(answers::listClusters))
                .unary(MeshGrpc.getListProblemsMethod(), answer(answers::listProblems))
                .unary(MeshGrpc.getExplainMethod(), answer(answers::explain))
                .unary(MeshGrpc.getDiffMethod(), answer(answers::diff))
                .stream(MeshGrpc.getWatchMethod(), this::watch)
                .build();
    }

    private <Q> BiConsumer<Q, Reply> answer(BiFunction<Q, MeshAccess.Permit, ? extends MessageLite> method) {
        return (request, reply) -> {
            // asked when the answer is made, so that it shows nothing newer than the permission
            calls.read(reply, first -> Encoded.of(method.apply(request, access.permit(reply.credentials()))));
        };
    }

    private StreamHandler.Session<MeshWatchRequest> watch(StreamReply reply) {
        return new StreamHandler.Session<>() {
            private MeshWatch watch;

            @Override
            public void request(MeshWatchRequest request) {
                try {
                    watch = watches.open(request, reply.credentials(), sink(reply));
                } catch (RuntimeException e) {
                    reply.close(Statuses.of(e));
                }
            }

            @Override
            public void ready() {
                if (watch != null) {
                    watch.ready();
                }
            }

            @Override
            public void ended() {
                if (watch != null) {
                    watch.close();
                }
            }
        };
    }

    private static MeshWatchSink sink(StreamReply reply) {
        return new MeshWatchSink() {
            @Override
            public boolean isReady() {
                return reply.isReady();
            }

            @Override
            public void send(MeshWatchResponse response) {
                reply.send(Encoded.of(response));
            }

            @Override
            public void fail(RuntimeException failure) {
                reply.close(Statuses.of(failure));
            }
        };
    }

    @Override
    public void close() {
        watches.close();
        calls.close();
    }
}
