package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class LogFormatterTest {
    private static final Instant NOW = Instant.parse("2026-11-23T01:02:03.045678Z");

    @Test
    void jsonHasTheKeysOfEtcdsLog() {
        assertThat(json(record(Level.INFO, "ready to serve client requests", null)))
                .isEqualTo("{\"level\":\"info\",\"ts\":\"2026-11-23T01:02:03.045Z\","
                        + "\"logger\":\"io.meshkeep.Some\",\"msg\":\"ready to serve client requests\"}\n");
    }

    @Test
    void levelsAreEtcds() {
        assertThat(json(record(Level.FINE, "m", null))).startsWith("{\"level\":\"debug\"");
        assertThat(json(record(Level.WARNING, "m", null))).startsWith("{\"level\":\"warn\"");
        assertThat(json(record(Level.SEVERE, "m", null))).startsWith("{\"level\":\"error\"");
    }

    @Test
    void anExceptionIsOneJsonLineWithItsTrace() {
        String line = json(record(Level.SEVERE, "failed", new IllegalStateException("of\nmind")));
        assertThat(line).containsOnlyOnce("\n").endsWith("\n");
        assertThat(parsed(line))
                .containsEntry("error", "java.lang.IllegalStateException: of\nmind")
                .hasEntrySatisfying(
                        "stacktrace",
                        trace -> assertThat((String) trace).contains("at io.meshkeep.server.cli.LogFormatterTest."));
    }

    /** Any text comes through, on one line. JSON is YAML, so the YAML parser at hand can judge. */
    @Test
    void anyTextSurvives() {
        SplittableRandom random = new SplittableRandom(0x106);
        for (int i = 0; i < 5_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(12); length > 0; length--) {
                int codePoint;
                do {
                    codePoint = random.nextInt(random.nextBoolean() ? 0x80 : 0x1_1000);
                } while (codePoint >= 0xd800 && codePoint < 0xe000 || codePoint >= 0xfffe && codePoint <= 0xffff);
                text.appendCodePoint(codePoint);
            }
            // DEL and the C1 controls may stand in JSON but not in YAML.
            String message = text.toString().replaceAll("[\\x7f-\\x9f\\ufeff]", "");
            String line = json(record(Level.INFO, message, null));
            assertThat(line).containsOnlyOnce("\n");
            assertThat(parsed(line)).as("%s", line).containsEntry("msg", message);
        }
    }

    @Test
    void aLoneSurrogateIsEscaped() {
        assertThat(json(record(Level.INFO, "a\ud800b\udc00", null))).contains("\"a\\ud800b\\udc00\"");
    }

    @Test
    void consoleLinesNameTheClassShortly() {
        String line = new LogFormatter(LogSettings.Format.CONSOLE).format(record(Level.WARNING, "look out", null));
        assertThat(line).endsWith("  warn   Some  look out\n");
    }

    /** What clients choose, such as the names in their certificates, is not to look like a line of its own. */
    @Test
    void consoleMessagesStayOnTheirLine() {
        String line = new LogFormatter(LogSettings.Format.CONSOLE)
                .format(record(Level.WARNING, "CN=a\n2026 info \u001b[2Jb\r\u2028c ü", null));
        assertThat(line).endsWith("  warn   Some  CN=a\\n2026 info \\u001b[2Jb\\u000d\\u2028c ü\n");
    }

    private static String json(LogRecord record) {
        return new LogFormatter(LogSettings.Format.JSON).format(record);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> parsed(String line) {
        return (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(line);
    }

    private static LogRecord record(Level level, String message, Throwable thrown) {
        LogRecord record = new LogRecord(level, message);
        record.setInstant(NOW);
        record.setLoggerName("io.meshkeep.Some");
        record.setThrown(thrown);
        return record;
    }
}
