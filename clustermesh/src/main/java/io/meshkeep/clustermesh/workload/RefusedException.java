package io.meshkeep.clustermesh.workload;

/** A VM may not join as it is; the message says why, and names who stands in its way. Trying again does not help. */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
        super(message);
    }

    RefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
