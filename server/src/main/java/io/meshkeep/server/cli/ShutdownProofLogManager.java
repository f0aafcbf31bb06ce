package io.meshkeep.server.cli;

import java.util.logging.LogManager;

/**
 * A log manager whose handlers survive the start of the shutdown. The JDK's own takes all handlers away in a shutdown
 * hook, at the same time as ours runs, and what the closing server logs would be lost.
 *
 * <p>{@link #PROPERTY} has to name this class before any class of the logging package is initialised; this one counts.
 */
public final class ShutdownProofLogManager extends LogManager {
    /** The system property by which the JDK finds its log manager. */
    static final String PROPERTY = "java.util.logging.manager";

    private static volatile boolean keepHandlers;

    /** For the JDK, which makes it from its class name. */
    public ShutdownProofLogManager() {}

    /** From now on the handlers stay as they are. */
    static void keepHandlers() {
        keepHandlers = true;
    }

    @Override
    public void reset() {
        if (!keepHandlers) {
            super.reset();
        }
    }
}
