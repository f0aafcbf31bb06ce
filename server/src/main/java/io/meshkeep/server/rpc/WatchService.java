package io.meshkeep.server.rpc;

import io.grpc.ServerServiceDefinition;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.store.EtcdError;
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
        return binder.service(WatchGrpc.getServiceDescriptor()).stream(WatchGrpc.getWatchMethod(), this::open)
                .build();
    }

    private StreamHandler.Session<WatchRequest> open(StreamReply reply) {
        WatchStream stream = store.watches().open(new WatchSink() {
            @Override
            public boolean isReady() {
                return reply.isReady();
            }

            @Override
            public void send(WatchMessage message) {
                reply.send(Encoded.of(message));
            }

            @Override
            public void end(EtcdError reason) {
                reply.close(Statuses.of(reason));
            }
        });
        return new StreamHandler.Session<>() {
            @Override
            public void request(WatchRequest request) {
                switch (request.getRequestUnionCase()) {
                    case CREATE_REQUEST ->
                        stream.create(request.getCreateRequest(), reply.credentials(), reply::requestNext);
                    case CANCEL_REQUEST ->
                        stream.cancel(request.getCancelRequest().getWatchId(), reply::requestNext);
                    case PROGRESS_REQUEST -> stream.requestProgress(reply::requestNext);
                    case REQUESTUNION_NOT_SET -> reply.requestNext();
                }
            }

            @Override
            public void ready() {
                stream.ready();
            }

            @Override
            public void ended() {
                stream.close();
            }
        };
    }
}
