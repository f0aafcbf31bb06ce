package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One gRPC call in bare HTTP/2 frames, for what a gRPC library refuses to send: header values of any bytes. */
final class RawHttp2 {
    private static final int TIMEOUT_SECONDS = 20;

    private RawHttp2() {}

    /** What came back: the trailers' status and the body. */
    record Result(Status status, ByteString body) {}

    static Result call(String target, String method, Headers headers, ByteString message) {
        int colon = target.lastIndexOf(':');
        InetSocketAddress address =
                new InetSocketAddress(target.substring(0, colon), Integer.parseInt(target.substring(colon + 1)));
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            Channel connection = new Bootstrap()
                    .group(group)
                    .channel(NioSocketChannel.class)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline()
                                    .addLast(Http2FrameCodecBuilder.forClient()
                                            .validateHeaders(false)
                                            .build())
                                    .addLast(new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                        }
                    })
                    .connect(address)
                    .sync()
                    .channel();
            CompletableFuture<Result> result = new CompletableFuture<>();
            Http2StreamChannel stream = new Http2StreamChannelBootstrap(connection)
                    .handler(new Collector(result))
                    .open()
                    .sync()
                    .getNow();
            stream.write(new DefaultHttp2HeadersFrame(requestHeaders(target, method, headers)));
            stream.writeAndFlush(new DefaultHttp2DataFrame(frame(message), true));
            return result.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted during a call", e);
        } catch (ExecutionException e) {
            return new Result(Status.UNAVAILABLE.withDescription(String.valueOf(e.getCause())), ByteString.EMPTY);
        } catch (TimeoutException e) {
            return new Result(Status.DEADLINE_EXCEEDED, ByteString.EMPTY);
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private static Http2Headers requestHeaders(String target, String method, Headers extra) {
        Http2Headers headers = new DefaultHttp2Headers(false)
                .method("POST")
                .scheme("http")
                .authority(target)
                .path("/" + method)
                .add(AsciiString.of("content-type"), AsciiString.of("application/grpc"))
                .add(AsciiString.of("te"), AsciiString.of("trailers"));
        for (Headers.Header header : extra.headers()) {
            headers.add(
                    AsciiString.of(header.name()),
                    new AsciiString(header.value().toByteArray(), false));
        }
        return headers;
    }

    private static ByteBuf frame(ByteString message) {
        return Unpooled.buffer(5 + message.size())
                .writeByte(0)
                .writeInt(message.size())
                .writeBytes(message.toByteArray());
    }

    private static final class Collector extends ChannelInboundHandlerAdapter {
        private final CompletableFuture<Result> result;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();

        Collector(CompletableFuture<Result> result) {
            this.result = result;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            try {
                if (frame instanceof Http2DataFrame data) {
                    byte[] bytes = new byte[data.content().readableBytes()];
                    data.content().readBytes(bytes);
                    body.writeBytes(bytes);
                } else if (frame instanceof Http2HeadersFrame headers && headers.isEndStream()) {
                    result.complete(new Result(status(headers.headers()), ByteString.copyFrom(body.toByteArray())));
                } else if (frame instanceof Http2ResetFrame reset) {
                    result.complete(new Result(
                            Status.UNAVAILABLE.withDescription("stream reset, error " + reset.errorCode()),
                            ByteString.EMPTY));
                }
            } finally {
                ReferenceCountUtil.release(frame);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            result.complete(new Result(Status.UNAVAILABLE.withDescription("connection closed"), ByteString.EMPTY));
        }

        private static Status status(Http2Headers headers) {
            CharSequence code = headers.get("grpc-status");
            if (code == null) {
                return Status.UNKNOWN.withDescription("no grpc-status, :status " + headers.status());
            }
            CharSequence message = headers.get("grpc-message");
            return Status.fromCodeValue(Integer.parseInt(code.toString()))
                    .withDescription(message == null ? "" : percentDecoded(message.toString()));
        }

        private static String percentDecoded(String text) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) == '%' && i + 2 < text.length()) {
                    bytes.write(Integer.parseInt(text.substring(i + 1, i + 3), 16));
                    i += 2;
                } else {
                    bytes.write(text.charAt(i));
                }
            }
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }
}
