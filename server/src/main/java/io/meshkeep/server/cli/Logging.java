package io.meshkeep.server.cli;

import io.netty.handler.codec.http2.Http2Exception;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Sets up {@code java.util.logging} for a server process. SLF4J and gRPC, which logs there directly, both end in it.
 * Embedded servers never come here: their host's logging stays as it is.
 */
final class Logging {
    /** Chatty at debug, and seldom about us. Held here because the log manager only keeps weak references. */
    private static final List<Logger> LIBRARIES = List.of(Logger.getLogger("io.grpc"), Logger.getLogger("io.netty"));

    /** Reports as an error of the server's each stream that a client resets while there is something to send on it. */
    private static final Logger STREAMS = Logger.getLogger("io.grpc.netty.NettyServerHandler");

    private Logging() {}

    /** @throws UsageException if a log file cannot be opened */
    static void configure(LogSettings settings) throws UsageException {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        root.setLevel(settings.level());
        LogFormatter formatter = new LogFormatter(settings.format());
        for (String output : settings.outputs()) {
            StreamHandler handler = new StreamHandler(open(output));
            handler.setFormatter(formatter);
            root.addHandler(handler);
        }
        Level librariesLevel =
                settings.level().intValue() < Level.WARNING.intValue() ? Level.WARNING : settings.level();
        LIBRARIES.forEach(library -> library.setLevel(librariesLevel));
        STREAMS.setFilter(record -> !(record.getThrown() instanceof Http2Exception.StreamException));
    }

    private static OutputStream open(String output) throws UsageException {
        switch (output) {
            case LogSettings.STDERR:
                return System.err;
            case LogSettings.STDOUT:
                return System.out;
            default:
                try {
                    Path file = Path.of(output);
                    if (!Files.exists(file)) {
                        Files.newByteChannel(
                                        file,
                                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                                        PosixFilePermissions.asFileAttribute(
                                                PosixFilePermissions.fromString("rw-------")))
                                .close();
                    }
                    return new FileOutputStream(output, true);
                } catch (IOException | IllegalArgumentException cannotOpen) {
                    throw new UsageException(
                            "log-outputs: cannot write to " + output + ": " + cannotOpen.getMessage(), cannotOpen);
                }
        }
    }

    /** Writes each record at once and whole. The JDK's own stream handler buffers and closes its stream. */
    private static final class StreamHandler extends Handler {
        private final PrintStream out;

        StreamHandler(OutputStream out) {
            this.out = out instanceof PrintStream print ? print : new PrintStream(out, false, StandardCharsets.UTF_8);
            setLevel(Level.ALL);
        }

        @Override
        public synchronized void publish(LogRecord record) {
            if (isLoggable(record)) {
                byte[] line = getFormatter().format(record).getBytes(StandardCharsets.UTF_8);
                out.write(line, 0, line.length);
                out.flush();
            }
        }

        @Override
        public void flush() {
            out.flush();
        }

        @Override
        public void close() {
            out.flush();
        }
    }
}
