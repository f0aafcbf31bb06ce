package io.meshkeep.server.http;

import java.text.MessageFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;

/** Collects what anybody logs at WARNING or above: all of it comes together in java.util.logging. */
final class LogCapture implements AutoCloseable {
    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord message) {
            if (message.getLevel().intValue() >= Level.WARNING.intValue()) {
                String text = message.getParameters() == null
                        ? message.getMessage()
                        : MessageFormat.format(message.getMessage(), message.getParameters());
                warnings.add(message.getLoggerName() + ": " + text);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    LogCapture() {
        LogManager.getLogManager().getLogger("").addHandler(handler);
    }

    List<String> warnings() {
        return warnings;
    }

    @Override
    public void close() {
        LogManager.getLogManager().getLogger("").removeHandler(handler);
    }
}
