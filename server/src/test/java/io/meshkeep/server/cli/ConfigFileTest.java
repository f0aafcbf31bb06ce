package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.server.AutoCompaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
    @TempDir
    Path directory;

    @Test
    void readsEtcdsKeys() throws Exception {
        ServeOptions options = read("""
                name: 'n'
                data-dir: /var/lib/n
                listen-client-urls: http://127.0.0.1:1,http://[::1]:1
                quota-backend-bytes: 4294967296
                max-txn-ops: 256
                heartbeat-interval: 200
                election-timeout: 2000
                unsafe-no-fsync: true
                auto-compaction-mode: periodic
                auto-compaction-retention: "1"
                log-outputs: [stdout, stderr]
                cipher-suites: [
                  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
                ]
                initial-revision: time
                """);
        assertThat(options.config().name()).isEqualTo("n");
        assertThat(options.config().dataDir()).isEqualTo(Path.of("/var/lib/n"));
        assertThat(options.config().listenClientUrls()).hasSize(2);
        assertThat(options.config().quotaBackendBytes()).isEqualTo(4_294_967_296L);
        assertThat(options.config().maxTxnOps()).isEqualTo(256);
        assertThat(options.config().minLeaseTtlSeconds()).isEqualTo(3);
        assertThat(options.config().unsafeNoFsync()).isTrue();
        assertThat(options.config().autoCompaction()).isEqualTo(new AutoCompaction.Periodic(Duration.ofHours(1)));
        assertThat(options.logging().outputs()).containsExactly("stdout", "stderr");
        assertThat(options.warnings()).isEmpty();
    }

    @Test
    void durationsAreNanosecondsOrText() throws Exception {
        ServeOptions options = read("""
                grpc-keepalive-min-time: 7000000000
                grpc-keepalive-timeout: 9s
                """);
        assertThat(options.config().grpcKeepAliveMinTime()).isEqualTo(Duration.ofSeconds(7));
        assertThat(options.config().grpcKeepAliveTimeout()).isEqualTo(Duration.ofSeconds(9));
    }

    @Test
    void keysWithoutAValueAreAbsent() throws Exception {
        ServeOptions options = read("""
                data-dir:
                cors:
                discovery: ''
                client-transport-security:
                  cert-file:
                  client-cert-auth: false
                  auto-tls: false
                peer-transport-security:
                  cert-file: p
                """);
        assertThat(options.config().dataDir()).isEqualTo(Path.of("default.etcd"));
        assertThat(options.notices()).contains("accepted without effect: peer-cert-file");
        assertThat(options.warnings()).isEmpty();
    }

    @Test
    void anEmptyFileIsTheDefault() throws Exception {
        assertThat(read("# nothing\n").config().name()).isEqualTo("default");
    }

    @Test
    void unknownKeysAreWarnedOf() throws Exception {
        assertThat(read("nmae: n\nclient-transport-security: {foo: bar}\n").warnings())
                .containsExactly(
                        "nmae in " + file() + " is not a key of this server",
                        "client-transport-security.foo in " + file() + " is not a key of this server");
    }

    @Test
    void flagsAndVariablesAreIgnored() throws Exception {
        Files.writeString(file(), "name: file\n");
        ServeOptions options = ServeOptions.parse(
                List.of("--name=flag", "--max-txn-ops=5", "--config-file", file().toString()),
                Map.of("ETCD_NAME", "variable", "ETCD_ELECTION_TIMEOUT", "5000"),
                false);
        assertThat(options.config().name()).isEqualTo("file");
        assertThat(options.config().maxTxnOps()).isEqualTo(128);
        assertThat(options.config().electionTimeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(options.notices())
                .containsExactly(
                        "configuration file " + file() + " is used; other flags and environment variables are ignored");
    }

    @Test
    void theFileCanBeNamedByAVariable() throws Exception {
        Files.writeString(file(), "name: file\n");
        assertThat(ServeOptions.parse(List.of(), Map.of("ETCD_CONFIG_FILE", file().toString()), false)
                        .config()
                        .name())
                .isEqualTo("file");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            max-txn-ops: many                                  | max-txn-ops in
            client-transport-security: 5                       | must hold keys and values
            discovery-config: {token: t}                       | cluster discovery is not supported
            name: {first: n}                                   | must be a single value
            log-outputs: [[stderr]]                            | must be a single value or a list of them
            config-file: other.yml                             | a configuration file cannot name another
            [a, b]                                             | is not a list of keys and values
            name: "unclosed                                    | line 1 column 16 is not valid YAML
            name: !!java.io.File [x]                           | is not valid YAML
            {name: a, name: b}                                 | is not valid YAML
            """)
    void refusesTheRestInOneLine(String content, String message) {
        assertThatThrownBy(() -> read(content))
                .isInstanceOf(UsageException.class)
                .message()
                .contains(message)
                .contains(file().toString())
                .hasLineCount(1);
    }

    @Test
    void aFileThatIsNotTextIsRefused() throws Exception {
        Files.write(file(), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertThatThrownBy(() -> ConfigFile.read(file().toString()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("is not UTF-8 text");
        assertThatThrownBy(() -> ConfigFile.read(directory.toString()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("cannot be read");
    }

    @Test
    void aBombIsRefused() {
        StringBuilder content = new StringBuilder("a0: &a0 [x]\n");
        for (int i = 1; i < 100; i++) {
            content.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
        }
        assertThatThrownBy(() -> read(content.toString()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("is not valid YAML");
    }

    @Test
    void aFileWithoutEndIsRefused() {
        assertThatThrownBy(() -> ConfigFile.read("/dev/zero"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("is larger than 1048576 bytes");
    }

    private ServeOptions read(String content) throws IOException, UsageException {
        Files.writeString(file(), content);
        return ServeOptions.parse(List.of("--config-file=" + file()), Map.of(), false);
    }

    private Path file() {
        return directory.resolve("etcd.yml");
    }
}
