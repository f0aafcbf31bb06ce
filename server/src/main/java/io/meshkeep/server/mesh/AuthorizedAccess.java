package io.meshkeep.server.mesh;

import io.meshkeep.store.AuthState;
import io.meshkeep.store.Caller;
import io.meshkeep.store.Credentials;
import io.meshkeep.store.KeyRange;
import io.meshkeep.store.Store;

/** Callers see what their roles let them read, as with every other call. */
public final class AuthorizedAccess implements MeshAccess {
    private final Store store;

    public AuthorizedAccess(Store store) {
        this.store = store;
    }

    /** @throws io.meshkeep.store.EtcdException if it has to be known who calls, and is not */
    @Override
    public Permit permit(Credentials credentials) {
        AuthState auth = store.snapshot().auth();
        Caller caller = credentials.resolve(auth);
        auth.requireCredentials(caller);
        return (start, end) -> auth.mayRead(caller, new KeyRange(start, end, false));
    }

    @Override
    public long epoch() {
        AuthState auth = store.snapshot().auth();
        return 2 * auth.revision() + (auth.isEnabled() ? 2 : 1);
    }
}
