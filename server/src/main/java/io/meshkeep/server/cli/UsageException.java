package io.meshkeep.server.cli;

/** The command line, environment or configuration file is wrong; the message is the one line to print. */
public final class UsageException extends Exception {
    UsageException(String message) {
        super(message);
    }

    UsageException(String message, Throwable cause) {
        super(message, cause);
    }
}
