package io.meshkeep.server.compat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchRequest;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Frame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A bare HTTP/2 connection with an idle watch on it, which pings when it is told to. gRPC's own clients will not ping
 * oftener than every ten seconds.
 */
final class PingingConnection implements AutoCloseable {
    private static final String ACK = "ack";

    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel channel;
    /** What came: {@code data}, {@code ack}, or the text of a GOAWAY. */
    private final BlockingQueue<String> arrivals = new LinkedBlockingQueue<>();

    private long pings;

    /** Connects, and opens the watch. */
    PingingConnection(Target target) {
        URI address = URI.create("http://" + target.endpoint());
        channel = new Bootstrap()
                .group(eventLoop)
                .channel(NioSocketChannel.class)
                // A ping that is written to a closed connection must not keep what the server said before from being
                // read.
                .option(ChannelOption.AUTO_CLOSE, false)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        connection
                                .pipeline()
                                .addLast(
                                        Http2FrameCodecBuilder.forClient().build(),
                                        new Http2MultiplexHandler(new Arrivals()),
                                        new Arrivals());
                    }
                })
                .connect(address.getHost(), address.getPort())
                .syncUninterruptibly()
                .channel();
        Http2StreamChannel stream = new Http2StreamChannelBootstrap(channel)
                .handler(new Arrivals())
                .open()
                .syncUninterruptibly()
                .getNow();
        stream.write(new DefaultHttp2HeadersFrame(
                new DefaultHttp2Headers()
                        .method("POST")
                        .scheme("http")
                        .authority(target.endpoint())
                        .path("/etcdserverpb.Watch/Watch")
                        .set("content-type", "application/grpc")
                        .set("te", "trailers"),
                false));
        stream.writeAndFlush(new DefaultHttp2DataFrame(create(), false)).syncUninterruptibly();
        String created = next(Duration.ofSeconds(RawClient.PATIENCE_SECONDS));
        if (!"data".equals(created)) {
            throw new AssertionError("no watch was created: " + created);
        }
    }

    private static ByteBuf create() {
        byte[] message = WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")))
                .build()
                .toByteArray();
        return Unpooled.buffer().writeByte(0).writeInt(message.length).writeBytes(message);
    }

    /** Notes what comes, on the connection and on the stream. */
    private final class Arrivals extends SimpleChannelInboundHandler<Http2Frame> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Http2Frame frame) {
            if (frame instanceof Http2PingFrame ping && ping.ack()) {
                arrivals.add(ACK);
            } else if (frame instanceof Http2GoAwayFrame goAway) {
                arrivals.add(goAway.content().toString(UTF_8));
            } else if (frame instanceof Http2DataFrame) {
                arrivals.add("data");
            }
        }
    }

    /** Pings; returns what the server says to it other than the acknowledgement, or null if that comes. */
    String ping() {
        // A server that had enough may have closed the connection by now: what it said before is the answer.
        channel.writeAndFlush(new DefaultHttp2PingFrame(++pings)).awaitUninterruptibly();
        String answer = next(Duration.ofSeconds(RawClient.PATIENCE_SECONDS));
        return ACK.equals(answer) ? null : answer;
    }

    /** Lets time pass; returns what the server says unasked, or null if it keeps quiet. */
    String idle(Duration time) {
        return next(time);
    }

    private String next(Duration time) {
        try {
            return arrivals.poll(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        channel.close().syncUninterruptibly();
        eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
