package io.meshkeep.store;

/** An answer to the client that is one of etcd's errors. Stackless: it is thrown on hot paths and says all in its error. */
public final class EtcdException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final EtcdError error;

    EtcdException(EtcdError error) {
        super(error.text(), null, false, false);
        this.error = error;
    }

    public EtcdError error() {
        return error;
    }
}
