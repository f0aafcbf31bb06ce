package io.meshkeep.server.cli;

import java.util.List;
import java.util.logging.Level;

/**
 * How the process logs.
 *
 * @param level the least severe level that is logged
 * @param format how a record is written
 * @param outputs where to: {@code stderr}, {@code stdout} or file paths; at least one
 */
public record LogSettings(Level level, Format format, List<String> outputs) {
    static final String STDERR = "stderr";
    static final String STDOUT = "stdout";

    /** How a record is written. */
    public enum Format {
        /** One JSON object a line, with the keys that etcd uses. */
        JSON,
        /** Lines for people. */
        CONSOLE
    }

    public LogSettings {
        outputs = List.copyOf(outputs);
    }
}
