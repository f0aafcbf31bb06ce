package io.meshkeep.server.cli;

import io.meshkeep.server.InitialRevision;
import io.meshkeep.server.StartException;
import io.meshkeep.server.auth.CiliumUsers;
import io.meshkeep.store.AuthChange;
import io.meshkeep.store.AuthState;
import io.meshkeep.store.AuthUser;
import io.meshkeep.store.Command;
import io.meshkeep.store.EtcdException;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreException;
import io.meshkeep.store.StoreOptions;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/**
 * {@code meshkeep init}: gives an empty data directory Cilium's users and switches authentication on, as its etcdinit
 * does in eighteen calls; here all of it is one change, done or not done.
 */
final class InitCommand {
    private static final Set<String> FLAGS =
            Set.of("data-dir", "cluster-name", "external-workloads", "initial-revision");

    private InitCommand() {}

    static int run(List<String> arguments, PrintStream out) throws UsageException, StartException {
        Arguments given = Arguments.parse("init", arguments, FLAGS);
        Path directory = directory(given.require("data-dir"));
        String cluster = given.require("cluster-name");
        String externalWorkloads = given.get("external-workloads", "true");
        if (!externalWorkloads.equals("true") && !externalWorkloads.equals("false")) {
            throw new UsageException("--external-workloads is true or false");
        }
        StoreOptions.Builder options = StoreOptions.builder();
        try {
            options.initialRevision(
                    InitialRevision.parse(given.get("initial-revision", "")).at(Instant.now()));
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage(), e);
        }
        try (Store store = Store.open(directory, options.build())) {
            AuthState auth = store.snapshot().auth();
            if (!auth.users().isEmpty() || !auth.roles().isEmpty()) {
                throw new StartException(directory + " already has users or roles; nothing was changed");
            }
            apply(store, CiliumUsers.forCluster(cluster, externalWorkloads.equals("true")));
            out.println("authentication is on in " + directory + "; users: "
                    + store.snapshot().auth().users().stream()
                            .map(AuthUser::name)
                            .collect(Collectors.joining(", ")));
            return Main.OK;
        } catch (StoreException e) {
            throw new StartException(e.getMessage(), e);
        }
    }

    private static Path directory(String text) throws UsageException {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UsageException("--data-dir is not a path: " + e.getReason(), e);
        }
    }

    private static void apply(Store store, AuthChange change) throws StartException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        store.write(new Command.Auth(change), 4096, (result, error) -> {
            if (error == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(error);
            }
        });
        try {
            done.join();
        } catch (CompletionException e) {
            String reason = e.getCause() instanceof EtcdException refused ? refused.getMessage() : e.toString();
            throw new StartException("nothing was changed: " + reason, e);
        }
    }
}
