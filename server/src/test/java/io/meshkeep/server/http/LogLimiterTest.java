package io.meshkeep.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LogLimiterTest {
    @Test
    void writesOneLineInAnIntervalAndCountsTheOthers() {
        AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
        List<String> lines = new ArrayList<>();
        LogLimiter limiter = new LogLimiter(Duration.ofNanos(10), clock::get);

        limiter.log(lines::add);
        limiter.log(lines::add);
        clock.addAndGet(9);
        limiter.log(lines::add);
        assertThat(lines).containsExactly("");

        clock.addAndGet(1);
        limiter.log(lines::add);
        clock.addAndGet(10);
        limiter.log(lines::add);
        assertThat(lines).containsExactly("", " (and 2 more before)", "");
    }
}
