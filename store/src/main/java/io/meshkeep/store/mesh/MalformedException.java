package io.meshkeep.store.mesh;

/** A key or value that is not what Cilium writes; the message says why. Has no stack trace: it is data, not a fault. */
final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    private static final int MAX_REASON = 200;

    MalformedException(String reason) {
        super(reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON) + "...", null, false, false);
    }
}
