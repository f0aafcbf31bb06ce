package io.meshkeep.store.mesh;

/** A selector that cannot be understood; the message says where and why, for people. */
public final class SelectorException extends Exception {
    private static final long serialVersionUID = 1L;

    public SelectorException(String message) {
        super(message);
    }
}
