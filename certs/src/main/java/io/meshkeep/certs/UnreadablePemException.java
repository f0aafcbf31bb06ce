package io.meshkeep.certs;

import java.io.IOException;

/** A PEM text that holds not what it should; the message is one line for the person who wrote it, without key material. */
public final class UnreadablePemException extends IOException {
    private static final long serialVersionUID = 1L;

    UnreadablePemException(String message) {
        super(message);
    }

    UnreadablePemException(String message, Throwable cause) {
        super(message, cause);
    }
}
