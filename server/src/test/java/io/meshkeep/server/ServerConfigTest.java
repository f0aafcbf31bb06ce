package io.meshkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ServerConfigTest {
    @Test
    void defaultsAreEtcds() {
        ServerConfig config = ServerConfig.builder().build();
        assertThat(config.name()).isEqualTo("default");
        assertThat(config.dataDir()).isEqualTo(Path.of("default.etcd"));
        assertThat(config.listenClientUrls()).containsExactly(ListenUrl.parse("http://127.0.0.1:2379"));
        assertThat(config.advertiseClientUrls()).isEmpty();
        assertThat(config.initialAdvertisePeerUrls()).containsExactly("http://localhost:2380");
        assertThat(config.listenMetricsUrls()).isEmpty();
        assertThat(config.initialClusterToken()).isEqualTo("etcd-cluster");
        assertThat(config.quotaBytes()).hasValue(2_147_483_648L);
        assertThat(config.maxTxnOps()).isEqualTo(128);
        assertThat(config.maxRequestBytes()).isEqualTo(1_572_864);
        assertThat(config.maxConcurrentStreams()).isEqualTo(4_294_967_295L);
        assertThat(config.grpcKeepAliveMinTime()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.grpcKeepAliveInterval()).isEqualTo(Duration.ofHours(2));
        assertThat(config.grpcKeepAliveTimeout()).isEqualTo(Duration.ofSeconds(20));
        assertThat(config.minLeaseTtlSeconds()).isEqualTo(2);
        assertThat(config.autoCompaction()).isEqualTo(AutoCompaction.OFF);
        assertThat(config.compactionBatchLimit()).isEqualTo(1000);
        assertThat(config.compactionSleepInterval()).isEqualTo(Duration.ofMillis(10));
        assertThat(config.watchProgressNotifyInterval()).isEqualTo(Duration.ofMinutes(10));
        assertThat(config.unsafeNoFsync()).isFalse();
        assertThat(config.meshIndex()).isTrue();
        assertThat(config.advertisedVersion()).isEqualTo("3.5.33");
        assertThat(config.metrics()).isEqualTo(MetricsDetail.BASIC);
        assertThat(config.forceNewCluster()).isFalse();
        assertThat(config.corsOrigins()).containsExactly("*");
        assertThat(config.hostWhitelist()).containsExactly("*");
    }

    @Test
    void theDataDirectoryFollowsTheName() {
        assertThat(ServerConfig.builder().name("n1").build().dataDir()).isEqualTo(Path.of("n1.etcd"));
    }

    @Test
    void quotaHasItsTwoSpecialValues() {
        assertThat(ServerConfig.builder().quotaBackendBytes(-1).build().quotaBytes())
                .isEmpty();
        assertThat(ServerConfig.builder().quotaBackendBytes(7).build().quotaBytes())
                .hasValue(7);
    }

    /** etcd counts in whole ticks first: the expected values are (3 * (election / heartbeat)) / 2 ticks, rounded up. */
    @ParameterizedTest
    @CsvSource({"100,1000,2", "100,3000,5", "100,5000,8", "10,50,1", "300,1600,3", "1,50000,75", "100,1999,3"})
    void theMinimumLeaseTtlIsOneAndAHalfElectionTimeouts(long heartbeat, long election, long seconds) {
        ServerConfig config = ServerConfig.builder()
                .heartbeatInterval(Duration.ofMillis(heartbeat))
                .electionTimeout(Duration.ofMillis(election))
                .build();
        assertThat(config.minLeaseTtlSeconds()).isEqualTo(seconds);
    }

    static List<Arguments> refused() {
        return List.of(
                refusal("name must not be empty", builder -> builder.name("")),
                refusal("listen-client-urls must not be empty", builder -> builder.listenClientUrls(List.of())),
                refusal(
                        "listen-client-urls https://127.0.0.1:1 is TLS: it needs cert-file and key-file, or auto-tls",
                        builder -> builder.listenClientUrls(List.of(ListenUrl.parse("https://127.0.0.1:1")))),
                refusal(
                        "listen-metrics-urls https://127.0.0.1:1 is TLS: it needs cert-file and key-file, or auto-tls",
                        builder -> builder.listenMetricsUrls(List.of(ListenUrl.parse("https://127.0.0.1:1")))),
                refusal("max-txn-ops", builder -> builder.maxTxnOps(0)),
                refusal("max-request-bytes", builder -> builder.maxRequestBytes(0)),
                refusal("max-request-bytes", builder -> builder.maxRequestBytes(Integer.MAX_VALUE)),
                refusal("max-concurrent-streams", builder -> builder.maxConcurrentStreams(0)),
                refusal("max-concurrent-streams", builder -> builder.maxConcurrentStreams(1L << 32)),
                refusal(
                        "grpc-keepalive-min-time must not be negative",
                        builder -> builder.grpcKeepAliveMinTime(Duration.ofNanos(-1))),
                refusal(
                        "grpc-keepalive-interval must not be negative",
                        builder -> builder.grpcKeepAliveInterval(Duration.ofNanos(-1))),
                refusal(
                        "grpc-keepalive-timeout must not be negative",
                        builder -> builder.grpcKeepAliveTimeout(Duration.ofNanos(-1))),
                refusal("heartbeat-interval", builder -> builder.heartbeatInterval(Duration.ZERO)),
                refusal(
                        "election-timeout 499 ms is shorter than 5 times heartbeat-interval 100 ms",
                        builder -> builder.electionTimeout(Duration.ofMillis(499))),
                refusal(
                        "election-timeout 50001 ms is longer than 50000 ms",
                        builder -> builder.electionTimeout(Duration.ofMillis(50_001))),
                refusal("compaction-batch-limit", builder -> builder.compactionBatchLimit(0)),
                refusal(
                        "compaction-sleep-interval must not be negative",
                        builder -> builder.compactionSleepInterval(Duration.ofMillis(-1))),
                refusal(
                        "watch-progress-notify-interval",
                        builder -> builder.watchProgressNotifyInterval(Duration.ZERO)),
                refusal("advertised-version \"3.5\"", builder -> builder.advertisedVersion("3.5")),
                refusal("advertised-version \"v3.5.1\"", builder -> builder.advertisedVersion("v3.5.1")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void refusesWhatCannotBe(String message, UnaryOperator<ServerConfig.Builder> change) {
        assertThatThrownBy(() -> change.apply(ServerConfig.builder()).build())
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .contains(message)
                .hasLineCount(1);
    }

    @Test
    void laterChangesOfTheBuilderOrItsListsDoNotShow() {
        List<String> urls = new ArrayList<>(List.of("http://a:1"));
        ServerConfig.Builder builder = ServerConfig.builder().advertiseClientUrls(urls);
        ServerConfig config = builder.build();
        urls.add("http://b:1");
        builder.name("other");
        assertThat(config.advertiseClientUrls()).containsExactly("http://a:1");
        assertThat(config.name()).isEqualTo("default");
    }

    /** Sets everything to something else, so that a setting which a copy forgets shows. */
    @Test
    void toBuilderKeepsEverything() {
        ServerConfig config = ServerConfig.builder()
                .name("n")
                .dataDir(Path.of("d"))
                .listen("127.0.0.2", 1)
                .advertiseClientUrls(List.of("http://a:1"))
                .initialAdvertisePeerUrls(List.of("http://p:1"))
                .listenMetricsUrls(List.of(ListenUrl.parse("http://127.0.0.1:2")))
                .initialClusterToken("t")
                .quotaBackendBytes(3)
                .maxTxnOps(4)
                .maxRequestBytes(5)
                .maxConcurrentStreams(6)
                .grpcKeepAliveMinTime(Duration.ofSeconds(7))
                .grpcKeepAliveInterval(Duration.ofSeconds(8))
                .grpcKeepAliveTimeout(Duration.ofSeconds(9))
                .heartbeatInterval(Duration.ofMillis(10))
                .electionTimeout(Duration.ofMillis(110))
                .autoCompaction(new AutoCompaction.Revision(12))
                .compactionBatchLimit(13)
                .compactionSleepInterval(Duration.ofMillis(14))
                .watchProgressNotifyInterval(Duration.ofSeconds(15))
                .unsafeNoFsync(true)
                .meshIndex(false)
                .initialRevision(new InitialRevision.Fixed(16))
                .advertisedVersion("3.6.17")
                .metrics(MetricsDetail.EXTENSIVE)
                .forceNewCluster(true)
                .corsOrigins(Set.of("http://o.example"))
                .hostWhitelist(Set.of("h.example"))
                .tls(TlsConfig.of(Path.of("c"), Path.of("k")))
                .selfSignedValidity(Duration.ofDays(1))
                .authToken("jwt")
                .authTokenTtl(Duration.ofSeconds(17))
                .bcryptCost(18)
                .usersFile(Path.of("u"))
                .trustInProcess(true)
                .build();
        assertThat(config)
                .usingRecursiveComparison()
                .isNotEqualTo(ServerConfig.builder().build());
        assertThat(config.toBuilder().build()).usingRecursiveComparison().isEqualTo(config);
        for (var field : ServerConfig.class.getDeclaredFields()) {
            if (!java.lang.reflect.Modifier.isStatic(field.getModifiers())) {
                field.setAccessible(true);
                assertThat(value(field, config))
                        .as("this test sets %s", field.getName())
                        .isNotEqualTo(value(field, ServerConfig.builder().build()));
            }
        }
    }

    private static Object value(java.lang.reflect.Field field, ServerConfig config) {
        try {
            return field.get(config);
        } catch (IllegalAccessException unexpected) {
            throw new AssertionError(unexpected);
        }
    }

    private static Arguments refusal(String message, UnaryOperator<ServerConfig.Builder> change) {
        return Arguments.of(message, change);
    }
}
