package io.meshkeep.server.differential;

/**
 * The run took so long (a stalled disk or processor) that a lease may have run out where the sequence did not mean it
 * to. Says nothing about the servers: the caller runs the sequence again.
 */
final class InconclusiveException extends RuntimeException {
    private static final long serialVersionUID = 1;

    InconclusiveException(String message) {
        super(message);
    }
}
