package io.meshkeep.server.http;

import io.meshkeep.server.http.HttpReply.Header;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Date;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of one HTTP/1.1 connection's pipeline: one request at a time, answers in the order of the requests, and an
 * end to whoever lets the server wait. Used on the connection's event loop but for {@link #shutdown()} and
 * {@link #close()}.
 */
final class HttpFront extends SimpleChannelInboundHandler<FullHttpRequest> {
    /** Requests that a client may send ahead of their turn; one read can bring them before reading is paused. */
    static final int MAX_PIPELINED = 16;

    /** How long input is thrown away after a refusal, so that the client gets to read it before the connection ends. */
    private static final long LINGER_MILLIS = 500;

    private static final Logger log = LoggerFactory.getLogger(HttpFront.class);

    private final HttpService service;
    private final Queue<FullHttpRequest> pipelined = new ArrayDeque<>(0);

    private ChannelHandlerContext ctx;
    private ConnectionDeadline deadline;
    private boolean answering;
    private boolean closeAfterAnswer;
    private boolean closing;

    /** The answer on its way, with what it depends on in the request. */
    private record Exchange(HttpVersion version, boolean keepAlive, boolean fatal, List<Header> cors) {}

    HttpFront(HttpService service) {
        super(false);
        this.service = service;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        deadline = new ConnectionDeadline(ctx, service.settings().timeout().toNanos());
        if (!service.connections().add(this)) {
            answering = true;
            HttpReply reply = HttpReply.error(HttpResponseStatus.SERVICE_UNAVAILABLE, "too many connections");
            send(reply, new Exchange(HttpVersion.HTTP_1_1, false, true, List.of()));
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        closing = true;
        deadline.cancel();
        service.connections().remove(this);
        pipelined.forEach(ReferenceCountUtil::release);
        pipelined.clear();
    }

    /** Closes the connection when it has answered the request that it is at. Any thread. */
    void shutdown() {
        ctx.executor().execute(() -> {
            closeAfterAnswer = true;
            if (!answering) {
                ctx.close();
            }
        });
    }

    /** Closes the connection. Any thread. */
    void close() {
        ctx.close();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (closing) {
            request.release();
        } else if (!answering) {
            serve(request);
            pauseReadingWhileBusy();
        } else if (pipelined.size() < MAX_PIPELINED) {
            pipelined.add(request);
        } else {
            request.release();
            closing = true;
            ctx.close();
        }
    }

    private void serve(FullHttpRequest request) {
        answering = true;
        deadline.restart();
        try {
            List<Header> cors =
                    service.access().map(a -> a.corsHeaders(request.headers())).orElse(List.of());
            boolean keepAlive = HttpUtil.isKeepAlive(request);
            ParsedRequest parsed = ParsedRequest.of(request, service.access());
            if (parsed instanceof ParsedRequest.Refused refused) {
                boolean fatal = refused.fatal();
                HttpVersion version = fatal ? HttpVersion.HTTP_1_1 : request.protocolVersion();
                send(refused.reply(), new Exchange(version, keepAlive, fatal, fatal ? List.of() : cors));
            } else if (parsed instanceof ParsedRequest.Accepted accepted) {
                answer(accepted.call(), new Exchange(request.protocolVersion(), keepAlive, false, cors));
            }
        } finally {
            request.release();
        }
    }

    private void answer(HttpCall call, Exchange exchange) {
        CompletionStage<HttpReply> reply;
        try {
            reply = service.routes().handle(call);
        } catch (RuntimeException e) {
            reply = CompletableFuture.failedFuture(e);
        }
        reply.whenComplete((r, failure) -> {
            HttpReply result = failure == null ? r : failed(call, failure);
            if (ctx.executor().inEventLoop()) {
                send(result, exchange);
            } else {
                ctx.executor().execute(() -> send(result, exchange));
            }
        });
    }

    private HttpReply failed(HttpCall call, Throwable failure) {
        service.failures()
                .log(leftOut ->
                        log.warn("{} {} failed{}", call.method(), GoJson.string(call.path()), leftOut, failure));
        return HttpReply.error(HttpResponseStatus.INTERNAL_SERVER_ERROR, "Internal Server Error");
    }

    private void send(HttpReply reply, Exchange exchange) {
        boolean keepAlive = exchange.keepAlive() && !exchange.fatal() && !closeAfterAnswer;
        deadline.restart();
        ctx.writeAndFlush(response(reply, exchange, keepAlive))
                .addListener((ChannelFuture sent) -> sent(sent, exchange, keepAlive));
    }

    @SuppressWarnings("JavaUtilDate") // what Netty's formatter takes
    private static FullHttpResponse response(HttpReply reply, Exchange exchange, boolean keepAlive) {
        // HTTP/1.0 is answered in kind; any later minor version gets what this server speaks.
        boolean http10 = exchange.version().equals(HttpVersion.HTTP_1_0);
        FullHttpResponse response = new DefaultFullHttpResponse(
                http10 ? HttpVersion.HTTP_1_0 : HttpVersion.HTTP_1_1,
                reply.status(),
                Unpooled.wrappedBuffer(reply.body()));
        HttpHeaders headers = response.headers();
        exchange.cors().forEach(h -> headers.add(h.name(), h.value()));
        reply.headers().forEach(h -> headers.add(h.name(), h.value()));
        headers.add("Date", DateFormatter.format(new Date()));
        headers.add("Content-Length", reply.body().length);
        reply.trailingHeaders().forEach(h -> headers.add(h.name(), h.value()));
        if (keepAlive && http10) {
            headers.add("Connection", "keep-alive");
        } else if (!keepAlive && !http10) {
            headers.add("Connection", "close");
        }
        return response;
    }

    private void sent(ChannelFuture sent, Exchange exchange, boolean keepAlive) {
        if (closing) {
            return;
        }
        if (exchange.fatal()) {
            linger();
        } else if (!keepAlive || closeAfterAnswer || !sent.isSuccess()) {
            closing = true;
            ctx.close();
        } else {
            answering = false;
            deadline.restart();
            FullHttpRequest next = pipelined.poll();
            if (next != null) {
                serve(next);
            }
            pauseReadingWhileBusy();
        }
    }

    /** Reading on would only fill queues: with requests that have to wait, or for a client that does not read. */
    private void pauseReadingWhileBusy() {
        if (!closing) {
            ctx.channel().config().setAutoRead(!answering);
        }
    }

    /**
     * Ends the connection in a way that lets the client see the answer: closing a socket that still holds unread input
     * would reset it, and the answer with it.
     */
    private void linger() {
        closing = true;
        ctx.channel().config().setAutoRead(true);
        if (ctx.channel() instanceof DuplexChannel channel && ctx.pipeline().get(SslHandler.class) == null) {
            channel.shutdownOutput();
        }
        Runnable close = ctx::close;
        ctx.executor().schedule(close, LINGER_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Broken connections are a client's daily life; anything else is worth a line. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // What TLS finds wrong comes wrapped.
        if (!(cause instanceof IOException) && !(cause.getCause() instanceof SSLException)) {
            service.failures()
                    .log(leftOut -> log.warn(
                            "closing the connection from {}{}", ctx.channel().remoteAddress(), leftOut, cause));
        }
        ctx.close();
    }
}
