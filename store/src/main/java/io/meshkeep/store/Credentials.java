package io.meshkeep.store;

/** What a client showed to say who it is: a token, a certificate, or nothing. Thread-safe; must not block. */
@FunctionalInterface
public interface Credentials {
    /** Those of the server itself. */
    Credentials SERVER = auth -> Caller.SERVER;

    /**
     * Who shows them, going by these users.
     *
     * @throws EtcdException {@link EtcdError#INVALID_AUTH_TOKEN} if there is a token and it is not good (any more)
     */
    Caller resolve(AuthState auth);
}
