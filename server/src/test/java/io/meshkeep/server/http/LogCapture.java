package io.meshkeep.server.http;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import org.slf4j.LoggerFactory;

/** Collects what anybody logs at WARN or above, through SLF4J (as Netty does) or java.util.logging (as gRPC does). */
final class LogCapture implements AutoCloseable {
    private final List<String> warnings = new CopyOnWriteArrayList<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
                warnings.add(event.getFormattedMessage());
            }
        }
    };
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord message) {
            if (message.getLevel().intValue() >= java.util.logging.Level.WARNING.intValue()) {
                warnings.add(message.getLoggerName() + ": " + message.getMessage());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    LogCapture() {
        appender.setContext(root.getLoggerContext());
        appender.start();
        root.addAppender(appender);
        LogManager.getLogManager().getLogger("").addHandler(handler);
    }

    List<String> warnings() {
        return warnings;
    }

    @Override
    public void close() {
        root.detachAppender(appender);
        LogManager.getLogManager().getLogger("").removeHandler(handler);
    }
}
