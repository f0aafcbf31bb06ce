package io.meshkeep.server.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/** Writes one log record as text. */
final class LogFormatter extends Formatter {
    private static final DateTimeFormatter JSON_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter CONSOLE_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS").withZone(ZoneId.systemDefault());

    private final LogSettings.Format format;

    LogFormatter(LogSettings.Format format) {
        this.format = format;
    }

    @Override
    public String format(LogRecord record) {
        return format == LogSettings.Format.JSON ? json(record) : console(record);
    }

    private String console(LogRecord record) {
        StringBuilder line = new StringBuilder(160);
        CONSOLE_TIME.formatTo(record.getInstant(), line);
        String level = levelName(record.getLevel());
        line.append("  ").append(level).append(" ".repeat(5 - level.length()));
        line.append("  ").append(simpleName(record.getLoggerName()));
        line.append("  ");
        appendOnOneLine(line, formatMessage(record));
        line.append('\n');
        if (record.getThrown() != null) {
            line.append(stackTrace(record.getThrown()));
        }
        return line.toString();
    }

    /** Keys and forms are those of etcd's own JSON log, so that one log pipeline reads both. */
    private String json(LogRecord record) {
        Instant time = record.getInstant();
        StringBuilder line = new StringBuilder(200);
        line.append("{\"level\":\"").append(levelName(record.getLevel()));
        line.append("\",\"ts\":\"");
        JSON_TIME.formatTo(time, line);
        line.append("\",\"logger\":");
        quote(line, String.valueOf(record.getLoggerName()));
        line.append(",\"msg\":");
        quote(line, formatMessage(record));
        Throwable thrown = record.getThrown();
        if (thrown != null) {
            line.append(",\"error\":");
            quote(line, thrown.toString());
            line.append(",\"stacktrace\":");
            quote(line, stackTrace(thrown));
        }
        return line.append("}\n").toString();
    }

    /** Names that clients choose, such as those in certificates, must neither begin a line nor move the cursor. */
    private static void appendOnOneLine(StringBuilder line, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                line.append("\\n");
            } else if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
                line.append(String.format("\\u%04x", (int) c));
            } else {
                line.append(c);
            }
        }
    }

    private static String levelName(Level level) {
        int value = level.intValue();
        if (value >= Level.SEVERE.intValue()) {
            return "error";
        }
        if (value >= Level.WARNING.intValue()) {
            return "warn";
        }
        return value >= Level.INFO.intValue() ? "info" : "debug";
    }

    private static String simpleName(String logger) {
        return logger == null ? "" : logger.substring(logger.lastIndexOf('.') + 1);
    }

    private static String stackTrace(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    private static void quote(StringBuilder line, String text) {
        line.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> line.append("\\\"");
                case '\\' -> line.append("\\\\");
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                default -> {
                    if (c < 0x20 || c == 0x2028 || c == 0x2029 || Character.isSurrogate(c)) {
                        quoteUnusual(line, text, i);
                    } else {
                        line.append(c);
                    }
                }
            }
        }
        line.append('"');
    }

    /** Pairs of surrogates are one character and pass; a lone one could not be encoded and is escaped. */
    private static void quoteUnusual(StringBuilder line, String text, int i) {
        char c = text.charAt(i);
        boolean paired = Character.isHighSurrogate(c)
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : Character.isLowSurrogate(c) && i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
        if (paired) {
            line.append(c);
        } else {
            line.append(String.format("\\u%04x", (int) c));
        }
    }
}
