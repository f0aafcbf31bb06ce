package io.meshkeep.server;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as Go, and so every etcd flag, writes them: {@code 5m}, {@code 1h30m}, {@code 1.5s}, {@code 300ms}.
 *
 * <p>Source: the documentation of Go's {@code time.ParseDuration}. Like there, a duration is held in nanoseconds in 64
 * bits, so that about 292 years is the most that can be said.
 */
public final class GoDuration {
    private static final Map<String, BigDecimal> NANOS_PER_UNIT = Map.of(
            "ns", BigDecimal.ONE,
            "us", BigDecimal.valueOf(1_000L),
            "\u00b5s", BigDecimal.valueOf(1_000L), // micro sign
            "\u03bcs", BigDecimal.valueOf(1_000L), // Greek mu
            "ms", BigDecimal.valueOf(1_000_000L),
            "s", BigDecimal.valueOf(1_000_000_000L),
            "m", BigDecimal.valueOf(60_000_000_000L),
            "h", BigDecimal.valueOf(3_600_000_000_000L));

    private static final Pattern TERM = Pattern.compile("(\\d+\\.?\\d*|\\.\\d+)([a-z\u00b5\u03bc]+)");
    private static final BigDecimal MAX_NANOS = BigDecimal.valueOf(Long.MAX_VALUE);

    private GoDuration() {}

    /**
     * Reads a duration; fractions of a nanosecond are dropped.
     *
     * @throws IllegalArgumentException with a one-line message that quotes the text, if it is no duration or too long
     */
    public static Duration parse(String text) {
        boolean negative = text.startsWith("-");
        String terms = negative || text.startsWith("+") ? text.substring(1) : text;
        if (terms.equals("0")) {
            return Duration.ZERO;
        }
        if (terms.isEmpty() || terms.length() > 200) {
            throw malformed(text);
        }
        BigDecimal nanos = BigDecimal.ZERO;
        Matcher term = TERM.matcher(terms);
        int at = 0;
        while (at < terms.length()) {
            if (!term.find(at) || term.start() != at) {
                throw malformed(text);
            }
            BigDecimal unit = NANOS_PER_UNIT.get(term.group(2));
            if (unit == null) {
                throw malformed(text);
            }
            nanos = nanos.add(new BigDecimal(term.group(1)).multiply(unit));
            at = term.end();
        }
        if (nanos.compareTo(MAX_NANOS) > 0) {
            throw new IllegalArgumentException("duration \"" + text + "\" is longer than 292 years");
        }
        Duration duration = Duration.ofNanos(nanos.longValue());
        return negative ? duration.negated() : duration;
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "\"" + text + "\" is not a duration; write a number and a unit, as in 5s, 10m or 1h30m");
    }
}
