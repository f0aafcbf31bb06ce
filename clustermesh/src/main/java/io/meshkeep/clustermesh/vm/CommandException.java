package io.meshkeep.clustermesh.vm;

/** The command cannot do what it was told; the message is the line to print. */
final class CommandException extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean misuse;

    private CommandException(String message, boolean misuse, Throwable cause) {
        super(message, cause);
        this.misuse = misuse;
    }

    static CommandException misused(String message) {
        return new CommandException(message, true, null);
    }

    static CommandException failed(String message) {
        return new CommandException(message, false, null);
    }

    static CommandException failed(String message, Throwable cause) {
        return new CommandException(message, false, cause);
    }

    /** Whether the command line is at fault. */
    boolean isMisuse() {
        return misuse;
    }
}
