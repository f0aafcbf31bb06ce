package io.meshkeep.loadtest.load;

/** A load did not get from the server what it asked for; its figures mean nothing. */
public final class LoadException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public LoadException(String message, Throwable cause) {
        super(message, cause);
    }
}
