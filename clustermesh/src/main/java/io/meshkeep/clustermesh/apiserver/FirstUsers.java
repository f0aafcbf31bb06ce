package io.meshkeep.clustermesh.apiserver;

import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.StartException;
import io.meshkeep.server.TlsConfig;
import io.meshkeep.server.auth.CiliumUsers;
import io.meshkeep.store.AuthState;
import io.meshkeep.store.Command;
import io.meshkeep.store.Store;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Cilium's users, in a store that has none yet: what the init container does where the store is a process of its own. */
final class FirstUsers {
    private static final Logger log = LoggerFactory.getLogger(FirstUsers.class);

    private FirstUsers() {}

    /**
     * Makes them, if clients are told apart by their certificates: otherwise nobody could come in as one of them.
     *
     * @throws StartException with one line for the user
     */
    static void ensure(Store store, ServerConfig config, String cluster, boolean externalWorkloads)
            throws StartException {
        AuthState auth = store.snapshot().auth();
        boolean byCertificate = config.tls().filter(TlsConfig::clientCertAuth).isPresent();
        if (!byCertificate
                || auth.isEnabled()
                || !auth.users().isEmpty()
                || !auth.roles().isEmpty()) {
            return;
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        store.write(new Command.Auth(CiliumUsers.forCluster(cluster, externalWorkloads)), 4096, (result, error) -> {
            if (error == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(error);
            }
        });
        try {
            done.join();
        } catch (CompletionException e) {
            throw new StartException(
                    "Cilium's users could not be made: " + e.getCause().getMessage(), e);
        }
        log.info("the store is empty: Cilium's users were made, and authentication is on");
    }
}
