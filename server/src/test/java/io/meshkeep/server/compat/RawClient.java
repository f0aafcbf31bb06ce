package io.meshkeep.server.compat;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.MaintenanceGrpc;
import io.meshkeep.proto.WatchGrpc;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * The API over one connection, message by message, as the clients of Cilium and Kubernetes speak it: with
 * {@code hasleader} in the metadata, and looking at the header of every message that comes back.
 */
final class RawClient implements AutoCloseable {
    /** Longer than anything takes that works. */
    static final long PATIENCE_SECONDS = 30;

    private final ManagedChannel connection;
    private final HeaderGuard guard = new HeaderGuard();
    private final Channel channel;

    RawClient(Target target) {
        this(target, connection -> connection);
    }

    /** @param settings what is special about the connection */
    RawClient(Target target, UnaryOperator<NettyChannelBuilder> settings) {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
        connection = settings.apply(NettyChannelBuilder.forTarget(target.endpoint())
                        .usePlaintext()
                        .maxInboundMessageSize(Integer.MAX_VALUE))
                .build();
        channel = ClientInterceptors.intercept(connection, guard, MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    KVGrpc.KVBlockingStub kv() {
        return patient(KVGrpc.newBlockingStub(channel));
    }

    KVGrpc.KVFutureStub kvLater() {
        return patient(KVGrpc.newFutureStub(channel));
    }

    LeaseGrpc.LeaseBlockingStub lease() {
        return patient(LeaseGrpc.newBlockingStub(channel));
    }

    MaintenanceGrpc.MaintenanceBlockingStub maintenance() {
        return patient(MaintenanceGrpc.newBlockingStub(channel));
    }

    private static <S extends AbstractStub<S>> S patient(S stub) {
        return stub.withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Opens a stream of watches. */
    WatchConversation watch() {
        return new WatchConversation(WatchGrpc.newStub(channel));
    }

    /** Opens a stream of keepalives. */
    Conversation<LeaseKeepAliveRequest, LeaseKeepAliveResponse> keepAlive() {
        return new Conversation<>(LeaseGrpc.newStub(channel)::leaseKeepAlive);
    }

    /** What was wrong with the headers of the messages so far. */
    HeaderGuard guard() {
        return guard;
    }

    @Override
    public void close() {
        connection.shutdownNow();
        try {
            connection.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
