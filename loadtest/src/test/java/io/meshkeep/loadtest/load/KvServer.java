package io.meshkeep.loadtest.load;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.BiConsumer;

/** A server whose ranges are answered by the test. */
final class KvServer implements AutoCloseable {
    private final Server server;

    KvServer(BiConsumer<RangeRequest, StreamObserver<RangeResponse>> range) throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .directExecutor()
                .addService(new KVGrpc.KVImplBase() {
                    @Override
                    public void range(RangeRequest request, StreamObserver<RangeResponse> answers) {
                        range.accept(request, answers);
                    }
                })
                .build()
                .start();
    }

    Endpoint endpoint() {
        return new Endpoint("127.0.0.1", server.getPort());
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}
