package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.server.AutoCompaction;
import io.meshkeep.server.InitialRevision;
import io.meshkeep.server.ListenUrl;
import io.meshkeep.server.MetricsDetail;
import io.meshkeep.server.ServerConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServeOptionsTest {
    @Test
    void nothingGivenIsTheDefault() throws UsageException {
        ServeOptions options = parse(Map.of());
        assertThat(options.config())
                .usingRecursiveComparison()
                .isEqualTo(ServerConfig.builder().build());
        assertThat(options.logging())
                .isEqualTo(new LogSettings(Level.INFO, LogSettings.Format.JSON, List.of("stderr")));
        assertThat(options.notices()).isEmpty();
        assertThat(options.warnings()).isEmpty();
    }

    /** The defaults that help and documentation show are those that hold. */
    @Test
    void theDefaultsShownAreTheDefaults() throws UsageException {
        List<String> arguments = ServeFlags.all().stream()
                .filter(flag -> flag.support() instanceof Flag.Support.Used)
                .filter(flag -> !flag.name().equals("data-dir"))
                .map(flag -> "--" + flag.name() + "=" + flag.defaultValue())
                .toList();
        ServeOptions options = parse(Map.of(), arguments.toArray(String[]::new));
        assertThat(options.config())
                .usingRecursiveComparison()
                .isEqualTo(ServerConfig.builder().build());
        assertThat(options.logging()).isEqualTo(parse(Map.of()).logging());
    }

    /** Every default that is shown for a flag without effect, too, is a value that it takes. */
    @Test
    void everyDefaultShownIsAccepted() throws UsageException {
        for (Flag flag : ServeFlags.all()) {
            if (!flag.defaultValue().isEmpty()) {
                parse(Map.of(), "--" + flag.name() + "=" + flag.defaultValue());
            }
        }
    }

    @Test
    void everyFlagThatIsUsedReachesTheServer() throws UsageException {
        ServerConfig config = parse(
                        Map.of(),
                        "--name=n",
                        "--data-dir=d",
                        "--listen-client-urls=http://127.0.0.1:1, http://[::1]:0,http://127.0.0.1:1",
                        "--advertise-client-urls=https://[10.0.0.5]:2379,http://n.example:80",
                        "--initial-advertise-peer-urls=http://n.example:2380",
                        "--listen-metrics-urls=http://127.0.0.1:2",
                        "--initial-cluster=n=http://n.example:2380,n=http://m.example:2380",
                        "--initial-cluster-state=existing",
                        "--initial-cluster-token=t",
                        "--quota-backend-bytes=-3",
                        "--max-txn-ops=4",
                        "--max-request-bytes=5",
                        "--max-concurrent-streams=6",
                        "--grpc-keepalive-min-time=7s",
                        "--grpc-keepalive-interval=8s",
                        "--grpc-keepalive-timeout=9s",
                        "--heartbeat-interval=10",
                        "--election-timeout=110",
                        "--auto-compaction-mode=revision",
                        "--auto-compaction-retention=12",
                        "--experimental-compaction-batch-limit=13",
                        "--compaction-sleep-interval=14ms",
                        "--experimental-watch-progress-notify-interval=15s",
                        "--unsafe-no-fsync",
                        "--initial-revision=time",
                        "--mesh-index=false",
                        "--advertised-version=3.6.17",
                        "--metrics=extensive",
                        "--force-new-cluster",
                        "--cors=http://o.example,http://p.example",
                        "--host-whitelist=h.example")
                .config();
        ServerConfig expected = ServerConfig.builder()
                .name("n")
                .dataDir(Path.of("d"))
                .listenClientUrls(List.of(ListenUrl.parse("http://127.0.0.1:1"), ListenUrl.parse("http://[::1]:0")))
                .advertiseClientUrls(List.of("https://[10.0.0.5]:2379", "http://n.example:80"))
                .initialAdvertisePeerUrls(List.of("http://n.example:2380"))
                .listenMetricsUrls(List.of(ListenUrl.parse("http://127.0.0.1:2")))
                .initialClusterToken("t")
                .quotaBackendBytes(-3)
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
                .initialRevision(new InitialRevision.FromClock())
                .meshIndex(false)
                .advertisedVersion("3.6.17")
                .metrics(MetricsDetail.EXTENSIVE)
                .forceNewCluster(true)
                .corsOrigins(Set.of("http://o.example", "http://p.example"))
                .hostWhitelist(Set.of("h.example"))
                .build();
        assertThat(config).usingRecursiveComparison().isEqualTo(expected);
    }

    @Test
    void logFlagsReachTheLog() throws UsageException {
        assertThat(parse(Map.of(), "--log-level=warn", "--log-format=console", "--log-outputs=stdout,default,/tmp/x")
                        .logging())
                .isEqualTo(new LogSettings(
                        Level.WARNING, LogSettings.Format.CONSOLE, List.of("stdout", "stderr", "/tmp/x")));
        assertThat(parse(Map.of(), "--debug").logging().level()).isEqualTo(Level.FINE);
        assertThat(parse(Map.of(), "--debug", "--log-level=error").logging().level())
                .isEqualTo(Level.SEVERE);
    }

    @Test
    void aTerminalGetsLinesForPeopleUnlessToldOtherwise() throws UsageException {
        assertThat(ServeOptions.parse(List.of(), Map.of(), true).logging().format())
                .isEqualTo(LogSettings.Format.CONSOLE);
        assertThat(ServeOptions.parse(List.of("--log-format=json"), Map.of(), true)
                        .logging()
                        .format())
                .isEqualTo(LogSettings.Format.JSON);
    }

    @Test
    void everyFlagAndOlderSpellingIsAVariable() throws UsageException {
        ServeOptions options = parse(Map.of(
                "ETCD_NAME", "e",
                "ETCD_UNSAFE_NO_FSYNC", "true",
                "ETCD_EXPERIMENTAL_COMPACTION_BATCH_LIMIT", "5"));
        assertThat(options.config().name()).isEqualTo("e");
        assertThat(options.config().unsafeNoFsync()).isTrue();
        assertThat(options.config().compactionBatchLimit()).isEqualTo(5);
        assertThat(options.warnings()).isEmpty();
    }

    @Test
    void theFlagWinsOverTheVariable() throws UsageException {
        ServeOptions options = parse(Map.of("ETCD_NAME", "e", "ETCD_MAX_TXN_OPS", "7"), "--name=f");
        assertThat(options.config().name()).isEqualTo("f");
        assertThat(options.config().maxTxnOps()).isEqualTo(7);
        assertThat(options.warnings()).containsExactly("ETCD_NAME is ignored, since --name is given");
    }

    @Test
    void emptyVariablesAreAbsentAndUnknownOnesOnlyWarnedOf() throws UsageException {
        ServeOptions options = parse(Map.of(
                "ETCD_NAME", "",
                "ETCD_PORT", "tcp://10.0.0.1:2379",
                "ETCD_VERSION", "3",
                "ETCD_UNSUPPORTED_ARCH", "arm64",
                "ETCDCTL_API", "3",
                "PATH", "/bin"));
        assertThat(options.config().name()).isEqualTo("default");
        assertThat(options.warnings())
                .containsExactly(
                        "ETCD_PORT is not a variable of this server", "ETCD_VERSION is not a variable of this server");
    }

    @Test
    void aBadVariableIsNamed() {
        assertRefused(Map.of("ETCD_MAX_TXN_OPS", "many"), "ETCD_MAX_TXN_OPS: \"many\" is not a whole number");
        assertRefused(Map.of("ETCD_TLS_MIN_VERSION", "TLS1.1", "ETCD_CERT_FILE", "c", "ETCD_KEY_FILE", "k"), "TLS1.1");
        assertRefused(
                Map.of("ETCD_LISTEN_CLIENT_URLS", "tcp://127.0.0.1:1"),
                "ETCD_LISTEN_CLIENT_URLS: URL \"tcp://127.0.0.1:1\" has an unsupported scheme");
    }

    @Test
    void flagsWithoutEffectAreTold() throws UsageException {
        assertThat(parse(Map.of(), "--snapshot-count=10000", "--wal-dir=w", "--name=n")
                        .notices())
                .containsExactly("accepted without effect: snapshot-count, wal-dir");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --listen-client-urls=                     | listen-client-urls must not be empty
            --listen-client-urls=https://127.0.0.1:1  | listen-client-urls https://127.0.0.1:1 is TLS: it needs cert-file and key-file, or auto-tls
            --key-file=k                              | cert-file and key-file go together: cert-file is missing
            --client-cert-auth                        | client-cert-auth needs cert-file, key-file and trusted-ca-file
            --trusted-ca-file=t                       | trusted-ca-file needs cert-file and key-file: without them nothing is TLS
            --client-crl-file=t                       | client-crl-file needs cert-file and key-file: without them nothing is TLS
            --client-cert-allowed-cn=n                | client-cert-allowed-cn needs cert-file and key-file: without them
            --cert-file=c --key-file=k --client-cert-auth | client-cert-auth needs trusted-ca-file: without authorities
            --cert-file=c --key-file=k --tls-min-version=TLS1.1 | "TLS1.1" is neither TLS1.2 nor TLS1.3
            --cert-file=c --key-file=k --tls-min-version=TLS1.3 --tls-max-version=TLS1.2 | tls-min-version is above
            --cert-file=c --key-file=k --client-crl-file=r | client-crl-file needs trusted-ca-file
            --listen-client-urls=http://127.0.0.1     | --listen-client-urls: URL "http://127.0.0.1" has no port
            --advertise-client-urls=n.example:2379    | --advertise-client-urls: URL "n.example:2379" has no scheme
            --initial-cluster=a=http://a:1,b=http://b:1 | --initial-cluster: it names 2 members
            --initial-cluster=a=http://a:1            | --initial-cluster: it does not name this member, default
            --initial-cluster=http                    | --initial-cluster: "http" is not of the form name=URL
            --initial-cluster-state=old               | --initial-cluster-state: "old" is neither new nor existing
            --auto-compaction-mode=never              | --auto-compaction-mode: unknown auto-compaction-mode "never"
            --auto-compaction-retention=1y            | --auto-compaction-retention: auto-compaction-retention "1y"
            --max-txn-ops=2147483648                  | --max-txn-ops: 2147483648 is more than 2147483647
            --max-txn-ops=0                           | max-txn-ops must be at least 1
            --metrics=all                             | --metrics: "all" is neither basic nor extensive
            --log-level=trace                         | --log-level: "trace" is none of debug, info
            --log-format=xml                          | --log-format: "xml" is neither json nor console
            --log-outputs=                            | --log-outputs: at least one output is needed
            --log-outputs=systemd/journal             | --log-outputs: the journal is not written to directly
            --initial-revision=0                      | --initial-revision: initial-revision must be at least 1
            --election-timeout=10                     | election-timeout 10 ms is shorter than 5 times
            --config-file=/does/not/exist             | config file /does/not/exist does not exist
            """)
    void refusesInOneLine(String argument, String message) {
        assertRefused(Map.of(), message, argument.split(" "));
    }

    private static void assertRefused(Map<String, String> environment, String message, String... arguments) {
        assertThatThrownBy(() -> parse(environment, arguments))
                .isInstanceOf(UsageException.class)
                .message()
                .contains(message)
                .hasLineCount(1);
    }

    private static ServeOptions parse(Map<String, String> environment, String... arguments) throws UsageException {
        return ServeOptions.parse(List.of(arguments), environment, false);
    }
}
