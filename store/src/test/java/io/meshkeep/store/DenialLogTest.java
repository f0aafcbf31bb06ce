package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Permission;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DenialLogTest {
    private final AtomicLong clock = new AtomicLong(7);
    private final DenialLog denials = new DenialLog(clock::get);
    private final List<String> lines = new ArrayList<>();
    private final Logger logger = Logger.getLogger(DenialLog.class.getName());
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(new SimpleFormatter().formatMessage(line));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }

    private void deny(String user, String key, String end) {
        denials.denied(
                new Caller(user, 1, false),
                Permission.Type.READ,
                KeyRange.of(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8(end)));
    }

    @Test
    void saysWhoWasDeniedWhat() {
        deny("alice", "k", "");
        deny("alice", "a", "b");
        deny("alice", "a", "\0");
        denials.deniedLease(new Caller("bob", 1, false), Permission.Type.WRITE, 0x1f);
        denials.needsRoot(new Caller("bob", 1, false));
        assertThat(lines)
                .containsExactly(
                        "permission denied: user \"alice\" has no READ permission for key \"k\"",
                        "permission denied: user \"alice\" has no READ permission for keys \"a\" to \"b\"",
                        "permission denied: user \"alice\" has no READ permission for keys \"a\" to the end",
                        "permission denied: user \"bob\" has no WRITE permission for a key that is attached to lease 1f",
                        "permission denied: user \"bob\" called what needs the role root");
    }

    @Test
    void whatClientsChoseCannotForgeALine() {
        deny("eve\n{\"level\":\"info\"}", "k\r\n\u00e9\"", "");
        assertThat(lines)
                .containsExactly("permission denied: user \"eve?{\"level\":\"info\"}\" has no READ permission for key "
                        + "\"k\\x0d\\x0a\\xc3\\xa9\\x22\"");
        lines.clear();
        deny("u".repeat(5_000), "k".repeat(5_000), "");
        assertThat(lines.get(0)).hasSizeLessThan(600);
    }

    @Test
    void aFloodIsCounted() {
        for (int i = 0; i < 1_000; i++) {
            deny("alice", "k", "");
        }
        assertThat(lines).hasSize(DenialLog.LINES);
        clock.addAndGet(DenialLog.PERIOD_NANOS);
        deny("alice", "k", "");
        assertThat(lines).hasSize(DenialLog.LINES + 1);
        assertThat(lines.get(DenialLog.LINES)).endsWith("(990 more denials were not logged)");
    }
}
