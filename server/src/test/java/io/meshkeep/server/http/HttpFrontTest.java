package io.meshkeep.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How HTTP/1.1 connections are treated, well-behaved and other ones. */
@Timeout(60)
class HttpFrontTest {
    private static final HttpSettings SMALL = new HttpSettings(1024, 4096, 1000, Duration.ofSeconds(30), 100);
    private static final EventLoopGroup GROUP = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

    private static final HttpRoute ECHO =
            call -> CompletableFuture.completedFuture(HttpReply.of(HttpResponseStatus.OK, "x/y", call.body()));

    private HttpListener listener;
    private HttpService service;

    @AfterAll
    static void stopLoop() {
        GROUP.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @AfterEach
    void stop() {
        if (listener != null) {
            listener.close();
            service.shutdownNow();
        }
    }

    private void serve(HttpRoute route, HttpSettings settings) throws IOException {
        service = HttpService.forMonitoring(route, settings);
        listener = HttpListener.bind(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                service,
                GROUP,
                EpollServerSocketChannel.class,
                Optional.empty());
    }

    private RawClient connect() throws IOException {
        return new RawClient(listener.address());
    }

    @Test
    void bodiesArriveWholeHoweverTheyAreSent() throws IOException {
        serve(ECHO, SMALL);
        try (RawClient client = connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
            client.send("def");
            assertThat(client.answer().text()).isEqualTo("abcdef");
            client.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nghi\r\n1\r\nj\r\n0\r\n\r\n");
            assertThat(client.answer().text()).isEqualTo("ghij");
            client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
            assertThat(client.answerToHead().status()).isEqualTo(100);
            client.send("k");
            assertThat(client.answer().text()).isEqualTo("k");
        }
    }

    @Test
    void answersComeInTheOrderOfTheRequests() throws Exception {
        Queue<CompletableFuture<HttpReply>> replies = new ConcurrentLinkedQueue<>();
        serve(
                call -> {
                    CompletableFuture<HttpReply> reply = new CompletableFuture<>();
                    replies.add(reply);
                    return reply;
                },
                SMALL);
        try (RawClient client = connect()) {
            client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n".repeat(3));
            for (int i = 0; i < 3; i++) {
                await().until(() -> replies.size() == 1);
                replies.remove().complete(HttpReply.text("answer " + i));
                assertThat(client.answer().text()).isEqualTo("answer " + i);
            }
        }
    }

    @Test
    void whoeverSendsTooFarAheadIsClosed() throws Exception {
        serve(call -> new CompletableFuture<>(), SMALL);
        try (RawClient client = connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(HttpFront.MAX_PIPELINED + 2));
            assertThat(client.closedByServer()).isTrue();
        }
    }

    @Test
    void requestsMayBeSentAhead() throws Exception {
        serve(ECHO, SMALL);
        try (RawClient client = connect()) {
            for (int i = 0; i < 100; i++) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(HttpFront.MAX_PIPELINED));
                for (int j = 0; j < HttpFront.MAX_PIPELINED; j++) {
                    assertThat(client.answer().status()).isEqualTo(200);
                }
            }
        }
    }

    @Test
    void connectionsEndAsTheClientAsks() throws IOException {
        serve(ECHO, SMALL);
        for (String request :
                List.of("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n")) {
            try (RawClient client = connect()) {
                client.send(request);
                assertThat(client.answer().status()).isEqualTo(200);
                assertThat(client.closedByServer()).isTrue();
            }
        }
    }

    @Test
    void whatIsTooLargeIsRefusedAndTheClientGetsToKnow() throws IOException {
        serve(ECHO, SMALL);
        refused("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(2_000_000) + "\r\n\r\n", 431);
        refused("GET / HTTP/1.1\r\nHost: a\r\n" + "X: y\r\n".repeat(200_000) + "\r\n", 431);
        refused("GET /" + "x".repeat(2_000_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414);
        refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nConnection: close\r\n\r\n", 413);
        refused("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n", 413);
    }

    @Test
    void whatIsNotHttpIsRefused() throws IOException {
        serve(ECHO, SMALL);
        refused("GET / HTTP/1.1\r\n\r\n", 400);
        refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
        refused("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400);
        refused("GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", 400);
        refused("GET /\r\n\r\n", 400);
        refused("GET /% HTTP/1.1\r\nHost: a\r\n\r\n", 400);
        refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
        refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n", 400);
        refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400);
        refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501);
    }

    /** Sends all of it before reading: had the server closed its socket early, the answer would be lost. */
    private void refused(String request, int status) throws IOException {
        String start = request.substring(0, Math.min(60, request.length()));
        try (RawClient client = connect()) {
            client.send(request);
            assertThat(client.answer().status()).as(start).isEqualTo(status);
            assertThat(client.closedByServer()).as(start).isTrue();
        }
    }

    @Test
    void anIdleOrDribblingConnectionIsClosed() throws Exception {
        serve(ECHO, SMALL.withTimeout(Duration.ofSeconds(1)));
        try (RawClient idle = connect();
                RawClient used = connect();
                RawClient dribbling = connect()) {
            used.get("/").answer();
            Thread dribble = new Thread(() -> {
                try {
                    dribbling.send("GET / HTTP/1.1\r\nHost: a\r\n");
                    while (true) {
                        dribbling.send("X: y\r\n");
                        TimeUnit.MILLISECONDS.sleep(20);
                    }
                } catch (IOException closed) {
                    // As it should be.
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            dribble.start();
            assertThat(idle.closedByServer()).isTrue();
            assertThat(used.closedByServer()).isTrue();
            assertThat(dribbling.closedByServer()).isTrue();
            dribble.join();
        }
        await().until(() -> service.openConnections() == 0);
    }

    @Test
    void everyStepHasTheFullTime() {
        CompletableFuture<HttpReply> reply = new CompletableFuture<>();
        EmbeddedChannel channel = frozen(call -> reply);

        advance(channel, 29);
        channel.writeInbound(request());
        advance(channel, 29);
        assertThat(channel.isOpen()).as("while it is being answered").isTrue();
        reply.complete(HttpReply.text(""));
        advance(channel, 29);
        assertThat(channel.isOpen()).as("between two requests").isTrue();
        channel.writeInbound(request());
        advance(channel, 29);
        assertThat(channel.isOpen()).as("after the second one").isTrue();

        advance(channel, 1);
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
    }

    @Test
    void partOfARequestIsNoStep() {
        EmbeddedChannel channel = frozen(ECHO);
        for (int i = 0; i < 29; i++) {
            advance(channel, 1);
            channel.writeInbound(ascii(i == 0 ? "GET / HTTP/1.1\r\nHost: a\r\n" : "X: y\r\n"));
        }
        assertThat(channel.isOpen()).isTrue();
        advance(channel, 1);
        assertThat(channel.isOpen()).isFalse();
        channel.finishAndReleaseAll();
    }

    /** A connection whose timeout is 30 seconds, on a clock that the test moves. */
    private static EmbeddedChannel frozen(HttpRoute route) {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        HttpService.forMonitoring(route, SMALL).addTo(channel.pipeline());
        return channel;
    }

    private static void advance(EmbeddedChannel channel, int seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
    }

    private static ByteBuf request() {
        return ascii("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    private static ByteBuf ascii(String s) {
        return Unpooled.copiedBuffer(s, StandardCharsets.US_ASCII);
    }

    @Test
    void whoeverDoesNotReadTheAnswerIsClosed() throws Exception {
        byte[] large = new byte[32 << 20];
        CountDownLatch asked = new CountDownLatch(1);
        serve(
                call -> {
                    asked.countDown();
                    return CompletableFuture.completedFuture(HttpReply.of(HttpResponseStatus.OK, "x/y", large));
                },
                SMALL.withTimeout(Duration.ofSeconds(1)));
        try (RawClient client = connect()) {
            client.get("/");
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            await().until(() -> service.openConnections() == 0);
        }
    }

    @Test
    void anAnswerThatNeverComesEndsTheConnection() throws Exception {
        serve(call -> new CompletableFuture<>(), SMALL.withTimeout(Duration.ofMillis(300)));
        try (RawClient client = connect()) {
            client.get("/");
            assertThat(client.closedByServer()).isTrue();
        }
    }

    @Test
    void tooManyConnectionsAreRefused() throws Exception {
        serve(ECHO, SMALL.withMaxConnections(3));
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                clients.add(connect());
                assertThat(clients.get(i).get("/").answer().status()).isEqualTo(200);
            }
            try (RawClient fourth = connect()) {
                assertThat(fourth.answer().status()).isEqualTo(503);
                assertThat(fourth.closedByServer()).isTrue();
            }
            clients.get(0).close();
            await().until(() -> service.openConnections() == 2);
            clients.add(connect());
            assertThat(clients.get(3).get("/").answer().status()).isEqualTo(200);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void aRouteThatFailsAnswers500AndSaysSoInTheLog() throws Exception {
        Iterator<HttpRoute> failures = List.<HttpRoute>of(
                        call -> {
                            throw new IllegalStateException("thrown");
                        },
                        call -> CompletableFuture.failedFuture(new IllegalStateException("completed")))
                .iterator();
        serve(call -> failures.next().handle(call), SMALL);
        try (LogCapture log = new LogCapture();
                RawClient client = connect()) {
            for (int i = 0; i < 2; i++) {
                RawClient.Answer answer = client.get("/secret%0a?token=1").answer();
                assertThat(answer.status()).isEqualTo(500);
                assertThat(answer.text()).isEqualTo("Internal Server Error\n");
            }
            assertThat(log.warnings()).containsExactly("GET \"/secret\\n\" failed");
        }
    }

    @Test
    void nothingIsReadWhileARequestIsBeingAnswered() {
        CompletableFuture<HttpReply> reply = new CompletableFuture<>();
        EmbeddedChannel channel = new EmbeddedChannel();
        HttpService.forMonitoring(call -> reply, SMALL).addTo(channel.pipeline());

        channel.writeInbound(ascii("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        assertThat(channel.config().isAutoRead()).isFalse();

        reply.complete(HttpReply.text(""));
        assertThat(channel.config().isAutoRead()).isTrue();
        channel.finishAndReleaseAll();
    }

    @Test
    void anAnswerLeavesInOnePiece() {
        VersionInfo version = VersionInfo.of("3.6.16");
        HttpRoute route = call -> CompletableFuture.completedFuture(HttpReply.of(
                HttpResponseStatus.OK, "application/json", version.toJson().getBytes(StandardCharsets.UTF_8)));
        EmbeddedChannel channel = new EmbeddedChannel();
        HttpService.forClients(route, HttpAccess.ANYONE, SMALL).addTo(channel.pipeline());

        channel.writeInbound(ascii("GET /version HTTP/1.1\r\nHost: a\r\n\r\n"));

        assertThat(channel.outboundMessages()).hasSize(1);
        ByteBuf answer = channel.readOutbound();
        assertThat(answer.toString(StandardCharsets.US_ASCII))
                .endsWith("\r\n\r\n{\"etcdserver\":\"3.6.16\",\"etcdcluster\":\"3.6.0\",\"storage\":\"3.6.0\"}");
        assertThat(answer.readableBytes()).isLessThan(1000);
        answer.release();
        channel.finishAndReleaseAll();
    }
}
