package io.meshkeep.server.cli.mesh;

/** What ends a command early: one line for the user, and the status of the process. */
final class CommandException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;

    private CommandException(int status, String message, Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    /** The command was called wrongly. */
    static CommandException misused(String message) {
        return new CommandException(MeshCommand.MISUSED, message, null);
    }

    /** The command could not do its work. */
    static CommandException failed(String message, Throwable cause) {
        return new CommandException(MeshCommand.FAILED, message, cause);
    }

    int status() {
        return status;
    }
}
