package io.meshkeep.loadtest.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NegotiationType;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Connections to one server, all served by one event loop. Answers arrive on that loop; a load lives on it too, so it
 * needs no locks. {@link #ask} is for set-up and blocks; it must not be called on the loop. Everything else may be
 * called from any thread.
 */
public final class EtcdClient implements AutoCloseable {
    /** Room for a list of thousands of keys in flight, so that the window is not what is measured. */
    private static final int FLOW_CONTROL_WINDOW = 4 << 20;

    private final EventLoopGroup loop;
    private final Endpoint endpoint;
    private final Class<? extends SocketChannel> channelType;
    /** For set-up. */
    private final ManagedChannel setUp;
    /** For loads; confined to the loop. Null where there is none yet. */
    private final WireConnection[] connections;

    private EtcdClient(
            EventLoopGroup loop, Endpoint endpoint, Class<? extends SocketChannel> channelType, int connections) {
        this.loop = loop;
        this.endpoint = endpoint;
        this.channelType = channelType;
        this.setUp = channel(endpoint, loop, channelType);
        this.connections = new WireConnection[connections];
    }

    /** A client with a number of connections, each made when it is first used. */
    public static EtcdClient connect(Endpoint endpoint, int connections) {
        boolean epoll = Epoll.isAvailable();
        EventLoopGroup loop =
                new MultiThreadIoEventLoopGroup(1, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        return new EtcdClient(loop, endpoint, epoll ? EpollSocketChannel.class : NioSocketChannel.class, connections);
    }

    private static ManagedChannel channel(
            Endpoint endpoint, EventLoopGroup loop, Class<? extends SocketChannel> channelType) {
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
                .negotiationType(endpoint.tls().isPresent() ? NegotiationType.TLS : NegotiationType.PLAINTEXT);
        endpoint.tls().ifPresent(builder::sslContext);
        return builder.channelType(channelType)
                .eventLoopGroup(loop)
                .directExecutor()
                .offloadExecutor(loop.next())
                .disableRetry()
                .disableServiceConfigLookUp()
                .flowControlWindow(FLOW_CONTROL_WINDOW)
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build();
    }

    /** How many connections there are. */
    public int connections() {
        return connections.length;
    }

    /** The thread on which answers arrive and on which loads run. */
    public ScheduledExecutorService loop() {
        return loop.next();
    }

    /** Makes a call with one request; the listener gets the answer on the loop. */
    public <R> void call(
            int connection, MethodDescriptor<byte[], R> method, byte[] request, ClientCall.Listener<R> listener) {
        onLoop(() -> {
            WireConnection to = connection(connection);
            to.send(to.begin(method, listener), request, true);
        });
    }

    /** Opens a call with streams both ways; the listener gets the answers on the loop as they come. On the loop only. */
    public <R> ClientCall<byte[], R> open(
            int connection, MethodDescriptor<byte[], R> method, ClientCall.Listener<R> listener) {
        return connection(connection).begin(method, listener);
    }

    private WireConnection connection(int number) {
        if (connections[number] == null || connections[number].isOver()) {
            connections[number] = new WireConnection(loop.next(), channelType, endpoint, FLOW_CONTROL_WINDOW);
        }
        return connections[number];
    }

    private void onLoop(Runnable action) {
        EventLoop executor = loop.next();
        if (executor.inEventLoop()) {
            action.run();
        } else {
            executor.execute(action);
        }
    }

    /**
     * Makes one call and waits for its answer.
     *
     * @throws io.grpc.StatusRuntimeException if the server refuses
     */
    public <Q, R> R ask(MethodDescriptor<Q, R> method, Q request) {
        return ClientCalls.blockingUnaryCall(
                (Channel) setUp, method, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS), request);
    }

    /** Ends all calls and closes the connections. */
    @Override
    public void close() {
        onLoop(() -> {
            for (WireConnection connection : connections) {
                if (connection != null) {
                    connection.close();
                }
            }
        });
        setUp.shutdownNow();
        try {
            setUp.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}
