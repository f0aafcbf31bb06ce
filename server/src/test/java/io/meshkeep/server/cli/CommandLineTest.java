package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    @ParameterizedTest
    @ValueSource(strings = {"--name=a", "-name=a", "--name a", "-name a"})
    void takesGosSpellings(String line) throws UsageException {
        assertThat(parse(line.split(" "))).containsExactly(Map.entry("name", "a"));
    }

    @Test
    void keepsWhatFollowsTheFirstEqualsSign() throws UsageException {
        assertThat(parse("--initial-cluster=a=http://h:1"))
                .containsExactly(Map.entry("initial-cluster", "a=http://h:1"));
    }

    @Test
    void aValueMayLookLikeAFlagOrBeEmpty() throws UsageException {
        assertThat(parse("--name", "--data-dir", "--log-outputs=", "--quota-backend-bytes", "-1"))
                .containsExactly(
                        Map.entry("name", "--data-dir"),
                        Map.entry("log-outputs", ""),
                        Map.entry("quota-backend-bytes", "-1"));
    }

    @Test
    void theLastValueCounts() throws UsageException {
        assertThat(parse("--name=a", "--name", "b")).containsExactly(Map.entry("name", "b"));
    }

    @Test
    void olderSpellingsNameTheSameFlag() throws UsageException {
        assertThat(parse("--experimental-compaction-batch-limit=5"))
                .containsExactly(Map.entry("compaction-batch-limit", "5"));
        assertThat(parse("--experimental-compaction-batch-limit=5", "--compaction-batch-limit=6"))
                .containsExactly(Map.entry("compaction-batch-limit", "6"));
    }

    @ParameterizedTest
    @CsvSource({
        "--unsafe-no-fsync,       true",
        "-unsafe-no-fsync,        true",
        "--unsafe-no-fsync=true,  true",
        "--unsafe-no-fsync=T,     true",
        "--unsafe-no-fsync=1,     true",
        "--unsafe-no-fsync=false, false",
        "--unsafe-no-fsync=F,     false",
        "--unsafe-no-fsync=0,     false",
    })
    void booleansNeedNoValue(String argument, String value) throws UsageException {
        assertThat(parse(argument)).containsExactly(Map.entry("unsafe-no-fsync", value));
    }

    @Test
    void aBooleanDoesNotTakeTheNextArgument() {
        assertRefused("\"false\" is not a flag", "--unsafe-no-fsync", "false");
    }

    @Test
    void aFinalDoubleDashIsNothing() throws UsageException {
        assertThat(parse("--name=a", "--")).containsExactly(Map.entry("name", "a"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --nmae=a                        | unknown flag --nmae; did you mean --name?
            --listen-client-url=http://x:1  | unknown flag --listen-client-url; did you mean --listen-client-urls?
            --x                             | unknown flag --x
            ---name=a                       | unknown flag --
            --=a                            | unknown flag --
            -                               | "-" is not a flag
            serve                           | "serve" is not a flag
            -- --name=a                     | "--name=a" is not a flag
            --name                          | --name needs a value
            --max-txn-ops=many              | --max-txn-ops: "many" is not a whole number
            --max-txn-ops=-1                | --max-txn-ops: "-1" must not be negative
            --quota-backend-bytes=1e9       | --quota-backend-bytes: "1e9" is not a whole number
            --quota-backend-bytes=9223372036854775808 | is not a whole number in 64 bits
            --grpc-keepalive-min-time=5     | --grpc-keepalive-min-time: "5" is not a duration
            --unsafe-no-fsync=yes           | --unsafe-no-fsync: "yes" is neither true nor false
            --max-wals=many                 | --max-wals: "many" is not a whole number
            --experimental-compaction-batch-limit=x | --experimental-compaction-batch-limit: "x" is not
            """)
    void refusesTheRestInOneLine(String line, String message) {
        assertRefused(message, line.split(" "));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--cert-file=",
                "--client-cert-auth=false",
                "--auto-tls=false",
                "--peer-cert-file=p",
                "--peer-client-cert-auth",
                "--tls-min-version=TLS1.3",
                "--auth-token=simple",
                "--proxy=off",
                "--host-whitelist=*",
                "--logger=zap"
            })
    void acceptsWhatAsksForNothingElse(String argument) throws UsageException {
        assertThat(parse(argument)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--proxy=on",
                "--enable-v2",
                "--listen-client-http-urls=http://127.0.0.1:1",
                "--discovery-srv=example.com",
                "--logger=capnslog",
                "--enable-log-rotation"
            })
    void refusesWhatItWouldHaveToIgnore(String argument) {
        assertRefused(argument.replaceFirst("=.*", "") + ": ", argument);
    }

    @Test
    void aRefusalDoesNotRepeatAPassword() {
        assertThatThrownBy(() -> parse("--discovery-password=hunter2"))
                .isInstanceOf(UsageException.class)
                .message()
                .doesNotContain("hunter2");
    }

    private static void assertRefused(String message, String... arguments) {
        assertThatThrownBy(() -> parse(arguments))
                .isInstanceOf(UsageException.class)
                .message()
                .contains(message)
                .hasLineCount(1);
    }

    private static Map<String, String> parse(String... arguments) throws UsageException {
        Map<String, String> values = new LinkedHashMap<>();
        for (Setting setting : CommandLine.parse(List.of(arguments)).all()) {
            values.put(setting.flag().name(), setting.value());
        }
        return values;
    }
}
