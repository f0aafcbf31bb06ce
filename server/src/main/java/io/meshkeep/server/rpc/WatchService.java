package io.meshkeep.server.rpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.store.Store;
import io.meshkeep.store.WatchMessage;
import io.meshkeep.store.WatchSink;
import io.meshkeep.store.WatchStream;

/**
 * {@code etcdserverpb.Watch}: joins a gRPC stream to the store's watch engine. The stream goes on when the client has
 * half-closed it, as etcd's does: events keep coming until the client cancels.
 */
final class WatchService {
    private final Store store;

    WatchService(Store store) {
        this.store = store;
    }

    ServerServiceDefinition bind(ServiceBinder binder) {
        return binder.service(WatchGrpc.getServiceDescriptor())
                .method(WatchGrpc.getWatchMethod(), this::watch)
                .build();
    }

    private ServerCall.Listener<Incoming<WatchRequest>> watch(
            ServerCall<Incoming<WatchRequest>, Encoded> call, Metadata metadata) {
        StreamReply reply = new StreamReply(call);
        Status refusal = CallMetadata.refusal(metadata);
        if (refusal != null) {
            reply.close(refusal);
            return new ServerCall.Listener<Incoming<WatchRequest>>() {};
        }
        WatchStream stream = store.watches().open(new WatchSink() {
            @Override
            public boolean isReady() {
                return reply.isReady();
            }

            @Override
            public void send(WatchMessage message) {
                reply.send(Encoded.of(message));
            }
        });
        reply.start();
        return new ServerCall.Listener<Incoming<WatchRequest>>() {
            @Override
            public void onMessage(Incoming<WatchRequest> incoming) {
                if (incoming.refusal() != null) {
                    stream.close();
                    reply.close(incoming.refusal());
                    return;
                }
                WatchRequest request = incoming.message();
                switch (request.getRequestUnionCase()) {
                    case CREATE_REQUEST -> stream.create(request.getCreateRequest(), reply::requestNext);
                    case CANCEL_REQUEST ->
                        stream.cancel(request.getCancelRequest().getWatchId(), reply::requestNext);
                    case PROGRESS_REQUEST -> stream.requestProgress(reply::requestNext);
                    case REQUESTUNION_NOT_SET -> reply.requestNext();
                }
            }

            @Override
            public void onReady() {
                reply.ready();
                stream.ready();
            }

            @Override
            public void onCancel() {
                stream.close();
            }

            @Override
            public void onComplete() {
                stream.close();
            }
        };
    }
}
