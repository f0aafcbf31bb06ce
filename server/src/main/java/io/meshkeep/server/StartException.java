package io.meshkeep.server;

/**
 * The server could not start, for a reason that its operator can act on: a port taken, an unwritable or locked data
 * directory, data of a newer format. The message is one complete line, fit to be the only thing printed.
 */
public final class StartException extends Exception {
    /** @param message one line that says what is wrong and, where it is not obvious, what to do */
    public StartException(String message) {
        super(message);
    }

    /**
     * @param message one line that says what is wrong and, where it is not obvious, what to do
     * @param cause what the failing layer threw; for debug logs, the message does not rely on it
     */
    public StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
