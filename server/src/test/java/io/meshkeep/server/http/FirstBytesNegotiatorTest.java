package io.meshkeep.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** gRPC and HTTP/1.1 on one port, from outside. */
@Timeout(60)
class FirstBytesNegotiatorTest {
    private static final Duration AMPLE = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final byte[] CLIENT_HELLO =
            "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003".getBytes(StandardCharsets.ISO_8859_1);

    /** Says its path. */
    private static final HttpRoute ECHO = call -> CompletableFuture.completedFuture(HttpReply.text(call.path()));

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bothProtocolsTakeTurns(boolean nativeTransport) throws Exception {
        try (OnePortServer server = new OnePortServer(ECHO, HttpSettings.DEFAULT, AMPLE, AMPLE, nativeTransport);
                RawClient one = server.connect();
                RawClient other = server.connect()) {
            for (int i = 0; i < 20; i++) {
                assertThat(one.get("/one" + i).answer().text()).isEqualTo("/one" + i);
                assertThat(server.checkOverGrpc()).isEqualTo(ServingStatus.SERVING);
                assertThat(other.get("/other" + i).answer().text()).isEqualTo("/other" + i);
            }
        }
    }

    @Test
    void normalUseIsNotWorthAWarning() throws Exception {
        try (LogCapture log = new LogCapture();
                OnePortServer server = new OnePortServer(ECHO, HttpSettings.DEFAULT, AMPLE)) {
            try (RawClient client = server.connect()) {
                client.get("/a").answer();
                client.get("/b").answer();
            }
            try (RawClient client = server.connect()) {
                client.send("GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                        .answer();
                assertThat(client.closedByServer()).isTrue();
            }
            server.connect().close();
            server.checkOverGrpc();
            server.grpc().shutdown();
            assertThat(server.grpc().awaitTermination(5, TimeUnit.SECONDS)).isTrue();
            assertThat(log.warnings()).isEmpty();
        }
    }

    @Test
    void firstBytesMayComeOneByOne() throws Exception {
        try (OnePortServer server = new OnePortServer(ECHO, HttpSettings.DEFAULT, AMPLE);
                RawClient http = server.connect();
                RawClient http2 = server.connect()) {
            sendOneByOne(http, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(http.answer().text()).isEqualTo("/slow");

            // The rest of the preface and an empty SETTINGS frame (RFC 9113 §3.4, §6.5).
            String preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000";
            sendOneByOne(http2, preface);
            String settings = http2.singleRead(9);
            assertThat(settings.charAt(3)).as("type of the first frame").isEqualTo('\u0004');
        }
    }

    private static void sendOneByOne(RawClient client, String latin1) throws IOException {
        for (byte b : latin1.getBytes(StandardCharsets.ISO_8859_1)) {
            client.send(new byte[] {b});
        }
    }

    @Test
    void garbageIsClosedAtOnce() throws Exception {
        try (OnePortServer server = new OnePortServer(ECHO, HttpSettings.DEFAULT, AMPLE)) {
            for (String garbage : List.of("\u0000\u0001\u0002", "\r\n\r\n", "ÿþ", "SSH-2.0-OpenSSH_9.9\r\n", "{}")) {
                try (RawClient client = server.connect()) {
                    client.send(garbage);
                    assertThat(client.closedByServer()).as(garbage).isTrue();
                }
            }
            try (RawClient client = server.connect()) {
                client.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
                assertThat(client.answer().status()).as("half a preface").isEqualTo(505);
                assertThat(client.closedByServer()).isTrue();
            }
            assertThat(server.checkOverGrpc()).isEqualTo(ServingStatus.SERVING);
            await().until(() -> server.http().openConnections() == 0);
        }
    }

    @Test
    void tlsOnThePlaintextPortIsClosedAndMentionedOnce() throws Exception {
        try (LogCapture log = new LogCapture();
                OnePortServer server = new OnePortServer(ECHO, HttpSettings.DEFAULT, AMPLE)) {
            for (int i = 0; i < 10; i++) {
                try (RawClient client = server.connect()) {
                    client.send(CLIENT_HELLO);
                    assertThat(client.closedByServer()).isTrue();
                }
            }
            assertThat(log.warnings()).hasSize(1);
            assertThat(log.warnings().get(0)).contains("TLS", "plaintext", "http://");
        }
    }

    @Test
    void halfOpenConnectionsAreClosedInTime() throws Exception {
        List<RawClient> clients = new ArrayList<>();
        try (OnePortServer server = new OnePortServer(ECHO, HttpSettings.DEFAULT, Duration.ofSeconds(2))) {
            for (int i = 0; i < 2_000; i++) {
                RawClient client = server.connect();
                clients.add(client);
                if (i % 4 > 0) {
                    client.send(
                            List.of("P", "GET", "PRI * HTTP/2.0\r\n\r\nSM\r\n").get(i % 4 - 1));
                }
            }
            for (RawClient client : clients) {
                assertThat(client.closedByServer()).isTrue();
            }
            await().until(() -> server.endedTransports() == clients.size());
            assertThat(server.checkOverGrpc()).isEqualTo(ServingStatus.SERVING);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void whoeverFallsSilentAfterThePrefaceIsClosedByGrpc() throws Exception {
        try (OnePortServer server = new OnePortServer(ECHO, HttpSettings.DEFAULT, AMPLE, SHORT, true);
                RawClient client = server.connect()) {
            client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            assertThat(client.closedByServer()).isTrue();
        }
    }

    @Test
    void dribblingDoesNotExtendTheTimeForFirstBytes() throws Exception {
        try (OnePortServer server = new OnePortServer(ECHO, HttpSettings.DEFAULT, SHORT);
                RawClient client = server.connect()) {
            CompletableFuture<Boolean> closed = new CompletableFuture<>();
            Thread dribble = new Thread(() -> {
                try {
                    for (byte b : "PRI * HTTP/2.0".getBytes(StandardCharsets.US_ASCII)) {
                        client.send(new byte[] {b});
                        TimeUnit.MILLISECONDS.sleep(100);
                    }
                    closed.complete(false);
                } catch (IOException brokenPipe) {
                    closed.complete(true);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            dribble.start();
            assertThat(closed.get(10, TimeUnit.SECONDS)).isTrue();
            dribble.join();
        }
    }

    @Test
    void anHttpConnectionOutlivesTheTimesOfNegotiation() throws Exception {
        // Long enough to send the first request in, however busy the machine.
        Duration both = Duration.ofSeconds(2);
        try (OnePortServer server = new OnePortServer(ECHO, HttpSettings.DEFAULT, both, both, true);
                RawClient client = server.connect();
                RawClient witness = server.connect()) {
            client.get("/first").answer();
            // A connection opened later is closed by the timeouts; the earlier one must not be.
            assertThat(witness.closedByServer()).isTrue();
            assertThat(client.get("/second").answer().text()).isEqualTo("/second");
        }
    }

    @Test
    void anHttpConnectionHasEndedForGrpcAndIsCountedOnce() throws Exception {
        try (OnePortServer server = new OnePortServer(ECHO, HttpSettings.DEFAULT, AMPLE)) {
            try (RawClient client = server.connect()) {
                client.get("/").answer();
                assertThat(server.endedTransports()).isEqualTo(1);
                assertThat(server.http().openConnections()).isEqualTo(1);
            }
            await().until(() -> server.http().openConnections() == 0);
            server.checkOverGrpc();
            assertThat(server.endedTransports()).isEqualTo(1);
        }
    }

    @Test
    void shutdownClosesIdleAndUndecidedConnections() throws Exception {
        try (OnePortServer server = new OnePortServer(ECHO, HttpSettings.DEFAULT, AMPLE);
                RawClient idle = server.connect();
                RawClient undecided = server.connect();
                RawClient begun = server.connect()) {
            idle.get("/").answer();
            undecided.send("PRI");
            begun.send("GET / HTTP/1.1\r\nHost");
            await().until(() -> server.http().openConnections() == 2);

            server.grpc().shutdown();

            assertThat(idle.closedByServer()).isTrue();
            assertThat(undecided.closedByServer()).isTrue();
            assertThat(begun.closedByServer()).isTrue();
            assertThat(server.grpc().awaitTermination(5, TimeUnit.SECONDS)).isTrue();
            assertThat(server.http().awaitTermination(Duration.ofSeconds(5))).isTrue();
        }
    }

    @Test
    void shutdownLetsAnAnswerBeFinished() throws Exception {
        CompletableFuture<HttpReply> reply = new CompletableFuture<>();
        CompletableFuture<Void> asked = new CompletableFuture<>();
        HttpRoute slow = call -> {
            asked.complete(null);
            return reply;
        };
        try (OnePortServer server = new OnePortServer(slow, HttpSettings.DEFAULT, AMPLE);
                RawClient client = server.connect()) {
            client.get("/");
            asked.get(5, TimeUnit.SECONDS);

            server.grpc().shutdown();
            assertThat(server.grpc().awaitTermination(5, TimeUnit.SECONDS)).isTrue();
            assertThat(server.http().awaitTermination(Duration.ZERO)).isFalse();
            reply.complete(HttpReply.text("done"));

            RawClient.Answer answer = client.answer();
            assertThat(answer.text()).isEqualTo("done");
            assertThat(answer.head()).contains("Connection: close\r\n");
            assertThat(client.closedByServer()).isTrue();
            assertThat(server.http().awaitTermination(Duration.ofSeconds(5))).isTrue();
        }
    }
}
