package io.meshkeep.server.cli;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What other commands that are long-lived processes have in common with {@code meshkeep serve}. */
public final class ServerProcess {
    /** Set by the launcher, which knows it and the JVM does not. */
    private static final String TERMINAL_PROPERTY = "meshkeep.terminal";

    /** How Netty looks for buffers that were not released: by tracing every 128th, unless it is told otherwise. */
    private static final String LEAK_DETECTION_PROPERTY = "io.netty.leakDetection.level";

    /** Whether Netty tells the Flight Recorder of its buffers. */
    private static final String FLIGHT_RECORDER_PROPERTY = "io.netty.jfr.enabled";

    private ServerProcess() {}

    /** To be called before anything uses Netty. What the user has set stays. */
    public static void prepareNetty() {
        // The stack traces of those few would be a good part of all work; tests look at every buffer instead.
        setUnlessSet(LEAK_DETECTION_PROPERTY, "disabled");
        // The recorder's classes come from no archive and are rewritten as they are loaded: a tenth of the start.
        setUnlessSet(FLIGHT_RECORDER_PROPERTY, "false");
    }

    private static void setUnlessSet(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** To be called before anything logs, so that what is logged while the process stops is not lost. */
    public static void prepareLogging() {
        // Naming the class does not initialise it, which would be too early: see there.
        System.setProperty(ShutdownProofLogManager.PROPERTY, ShutdownProofLogManager.class.getName());
    }

    /** Whether standard error is a terminal. */
    public static boolean isTerminal() {
        return Boolean.getBoolean(TERMINAL_PROPERTY);
    }

    /**
     * Logs from now on as the options say, and what they have to say themselves.
     *
     * @throws UsageException with the one line to print, if a log file cannot be opened
     */
    public static void beginLogging(ServeOptions options) throws UsageException {
        Logging.configure(options.logging());
        ShutdownProofLogManager.keepHandlers();
        Logger log = LoggerFactory.getLogger(ServerProcess.class);
        options.notices().forEach(log::info);
        options.warnings().forEach(log::warn);
    }
}
