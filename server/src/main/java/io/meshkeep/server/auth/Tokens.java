package io.meshkeep.server.auth;

import io.meshkeep.store.AuthState;
import io.meshkeep.store.AuthUser;
import io.meshkeep.store.Caller;

/** Issues and recognises the tokens that stand for a user who has shown the password. Thread-safe. */
public interface Tokens {
    /**
     * Makes a token.
     *
     * @param auth the state that holds the user
     * @param appliedIndex of that state
     * @throws io.meshkeep.store.EtcdException if these tokens can only be recognised
     */
    String issue(AuthUser user, AuthState auth, long appliedIndex);

    /** Who the token stands for, or null if it is not a good one (any more). */
    Caller find(String token, AuthState auth);
}
