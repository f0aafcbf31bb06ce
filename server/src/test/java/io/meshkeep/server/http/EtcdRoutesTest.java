package io.meshkeep.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.server.metrics.Metrics;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a healthy single member cannot be made to say; the rest is compared with etcd's own answers. */
@Timeout(60)
class EtcdRoutesTest {
    private final Metrics metrics = new Metrics("3.5.33", false);
    private HttpPorts ports;

    @BeforeEach
    void start() throws IOException {
        ports = new HttpPorts(VersionInfo.of("3.5.33"), metrics);
    }

    @AfterEach
    void stop() {
        ports.close();
    }

    private RawClient.Answer get(String path) throws IOException {
        try (RawClient client = ports.connect()) {
            return client.get(path).answer();
        }
    }

    private String metricsText() {
        return new String(metrics.scrape(), StandardCharsets.UTF_8);
    }

    @Test
    void withoutLeaderOnlyThisMembersHealthIsTrue() throws IOException {
        ports.health().leader = false;

        assertThat(get("/health").status()).isEqualTo(503);
        assertThat(get("/health").text()).isEqualTo("{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n");
        assertThat(get("/health?serializable=true").status()).isEqualTo(200);
        assertThat(get("/health?serializable=TRUE").status()).isEqualTo(503);
        assertThat(metricsText()).contains("\netcd_server_health_success 1\n", "\netcd_server_health_failures 3\n");
    }

    @Test
    void aReadThatFailsIsTheReason() throws IOException {
        ports.health().linearizable =
                CompletableFuture.failedFuture(new IllegalStateException("etcdserver: request timed out <\"\n>"));

        assertThat(get("/health").text())
                .isEqualTo("{\"health\":\"false\",\"reason\":\"RANGE ERROR:etcdserver: request timed out"
                        + " \\u003c\\\"\\n\\u003e\"}\n");
        assertThat(get("/health?serializable=true").status()).isEqualTo(200);
        assertThat(get("/readyz/linearizable_read").text())
                .isEqualTo("[-]linearizable_read failed: etcdserver: request timed out <\"\n>\n\n");
        assertThat(get("/livez").status()).isEqualTo(200);
    }

    @Test
    void aReadThatHangsIsGivenUp() throws Exception {
        FakeHealth hanging = new FakeHealth();
        hanging.linearizable = new CompletableFuture<>();

        assertThat(HealthReads.read(hanging, false, Duration.ofMillis(50))
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS))
                .isEqualTo(Optional.of("context deadline exceeded"));
    }

    @Test
    void whoeverWaitsForAReadDoesNotHoldUpOthers() throws Exception {
        CompletableFuture<Void> read = new CompletableFuture<>();
        ports.health().linearizable = read;
        try (RawClient waiting = ports.connect()) {
            waiting.get("/health");
            assertThat(get("/version").status()).isEqualTo(200);
            read.complete(null);
            assertThat(waiting.answer().status()).isEqualTo(200);
        }
    }

    @Test
    void readinessNamesEachCheck() throws IOException {
        assertThat(get("/readyz?verbose").text()).isEqualTo("""
            [+]data_corruption ok
            [+]serializable_read ok
            [+]linearizable_read ok
            [+]non_learner ok
            ok
            """);

        ports.health().alarms = List.of("NOSPACE", "CORRUPT");
        ports.health().learner = true;
        RawClient.Answer failing = get("/readyz");
        assertThat(failing.status()).isEqualTo(503);
        assertThat(failing.text()).isEqualTo("""
            [-]data_corruption failed: alarm activated: CORRUPT
            [+]serializable_read ok
            [+]linearizable_read ok
            [-]non_learner failed: not supported for learner

            """);
        assertThat(get("/readyz?exclude=data_corruption&exclude=non_learner&exclude=unknown&verbose")
                        .text())
                .isEqualTo("[+]serializable_read ok\n[+]linearizable_read ok\nok\n");
        assertThat(metricsText())
                .contains("etcd_server_healthcheck{name=\"data_corruption\",type=\"readyz\"} 0.0\n")
                .contains("etcd_server_healthcheck{name=\"linearizable_read\",type=\"readyz\"} 1.0\n")
                .contains(
                        "etcd_server_healthchecks_total{name=\"non_learner\",status=\"error\",type=\"readyz\"} 1.0\n");
    }

    @Test
    void theFirstAlarmThatIsNotExcludedIsTheReason() throws IOException {
        ports.health().alarms = List.of("NOSPACE", "CORRUPT");

        assertThat(get("/health").text()).contains("ALARM NOSPACE");
        assertThat(get("/health?exclude=NOSPACE").text()).contains("ALARM CORRUPT");
        assertThat(get("/health?exclude=NOSPACE&exclude=CORRUPT").status()).isEqualTo(200);
    }

    @Test
    void metricsAreOnBothPortsAndCompressedOnRequest() throws IOException {
        RawClient.Answer plain = get("/metrics");
        assertThat(plain.head())
                .contains("Content-Type: text/plain; version=0.0.4; charset=utf-8; escaping=underscores\r\n")
                .doesNotContain("Content-Encoding");
        assertThat(plain.text()).contains("# TYPE etcd_mvcc_put_total counter\n");

        try (RawClient client =
                new RawClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), ports.monitoring()))) {
            client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nAccept-Encoding: deflate, gzip;q=0.5\r\n\r\n");
            RawClient.Answer compressed = client.answer();
            assertThat(compressed.head()).contains("Content-Encoding: gzip\r\n");
            String text = new String(
                    new GZIPInputStream(new ByteArrayInputStream(compressed.body())).readAllBytes(),
                    StandardCharsets.UTF_8);
            assertThat(text).contains("# TYPE etcd_mvcc_put_total counter\n");
            client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip;q=0\r\n\r\n");
            assertThat(client.answer().head()).doesNotContain("Content-Encoding");
            client.send("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(client.answerToHead().status()).isEqualTo(200);
            client.get("/health");
            assertThat(client.answer().status()).isEqualTo(200);
        }
    }

    @Test
    void theVersionFitsOneRead() throws IOException {
        try (RawClient client = ports.connect()) {
            client.get("/version");
            assertThat(client.singleRead(1000))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .endsWith("{\"etcdserver\":\"3.5.33\",\"etcdcluster\":\"3.5.0\"}");
        }
    }

    @Test
    void debuggingIsNotServed() throws IOException {
        assertThat(get("/debug/vars").status()).isEqualTo(404);
        assertThat(get("/debug/pprof/").status()).isEqualTo(404);
    }

    @Test
    void manyScrapesAtOnceAreAllAnswered() throws Exception {
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                clients.add(ports.connect());
            }
            for (RawClient client : clients) {
                client.get("/metrics");
            }
            for (RawClient client : clients) {
                assertThat(client.answer().status()).isEqualTo(200);
            }
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }
}
