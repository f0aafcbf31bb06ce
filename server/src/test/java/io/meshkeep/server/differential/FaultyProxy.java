package io.meshkeep.server.differential;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/** An etcd seen through a proxy that falsifies some of its responses, to see whether the harness notices. */
final class FaultyProxy implements SystemUnderTest {
    /** What becomes of a response; nothing drops it. */
    @FunctionalInterface
    interface Fault {
        Optional<byte[]> falsify(String method, byte[] response);
    }

    private final SystemUnderTest behind;
    private final Fault fault;
    private ManagedChannel channel;
    private final Server server;

    FaultyProxy(SystemUnderTest behind, Fault fault) {
        this.behind = behind;
        this.fault = fault;
        connect();
        try {
            server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .maxInboundMessageSize(Integer.MAX_VALUE)
                    .fallbackHandlerRegistry(new HandlerRegistry() {
                        @Override
                        public ServerMethodDefinition<?, ?> lookupMethod(String name, String authority) {
                            return ServerMethodDefinition.create(method(name), new Forwarder());
                        }
                    })
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void connect() {
        channel = NettyChannelBuilder.forTarget(behind.target())
                .usePlaintext()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build();
    }

    @Override
    public String target() {
        return "127.0.0.1:" + server.getPort();
    }

    @Override
    public void restart() {
        channel.shutdownNow();
        behind.restart();
        connect();
    }

    @Override
    public void close() {
        server.shutdownNow();
        channel.shutdownNow();
        behind.close();
    }

    private static MethodDescriptor<byte[], byte[]> method(String name) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNKNOWN)
                .setFullMethodName(name)
                .setRequestMarshaller(BYTES)
                .setResponseMarshaller(BYTES)
                .build();
    }

    private final class Forwarder implements ServerCallHandler<byte[], byte[]> {
        @Override
        public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], byte[]> in, Metadata headers) {
            ClientCall<byte[], byte[]> out = channel.newCall(in.getMethodDescriptor(), CallOptions.DEFAULT);
            out.start(
                    new ClientCall.Listener<>() {
                        private boolean headersSent;

                        @Override
                        public void onMessage(byte[] message) {
                            fault.falsify(in.getMethodDescriptor().getFullMethodName(), message)
                                    .ifPresent(this::send);
                            out.request(1);
                        }

                        private void send(byte[] message) {
                            if (!headersSent) {
                                headersSent = true;
                                in.sendHeaders(new Metadata());
                            }
                            in.sendMessage(message);
                        }

                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            in.close(status, new Metadata());
                        }
                    },
                    headers);
            out.request(1);
            in.request(1);
            return new ServerCall.Listener<>() {
                @Override
                public void onMessage(byte[] message) {
                    out.sendMessage(message);
                    in.request(1);
                }

                @Override
                public void onHalfClose() {
                    out.halfClose();
                }

                @Override
                public void onCancel() {
                    out.cancel("the client has gone", null);
                }
            };
        }
    }

    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };
}
