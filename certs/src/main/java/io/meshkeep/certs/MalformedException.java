package io.meshkeep.certs;

import java.io.IOException;

/** Bytes or text that are not of the form that they should have; whoever reads them says in its own words of what. */
final class MalformedException extends IOException {
    private static final long serialVersionUID = 1L;

    MalformedException(String message) {
        super(message);
    }

    MalformedException(String message, Throwable cause) {
        super(message, cause);
    }
}
