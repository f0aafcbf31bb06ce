package io.meshkeep.clustermesh.vm;

import io.grpc.StatusRuntimeException;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.workload.RegisterNode;
import io.meshkeep.clustermesh.workload.RegisterNodeJson;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Reads which VMs are registered with a store. */
final class Register {
    private Register() {}

    /**
     * Reads the registrations of one store. One that cannot be read, or that has no lease and so tells nothing about
     * its VM, is left out.
     *
     * @throws IOException with one line for the user, if the store does not answer in time or refuses
     */
    static Map<String, Registered> read(EtcdConfig store, Duration timeout) throws IOException {
        long end = System.nanoTime() + timeout.toNanos();
        Map<String, Registered> registered = new HashMap<>();
        try (ChannelKvstore client = ChannelKvstore.connect(store)) {
            Kvstore.Listing listing = await(client.list(RegisterNode.PREFIX), store, end);
            Map<Long, Optional<ChannelKvstore.Term>> terms = new HashMap<>();
            for (Kvstore.Pair pair : listing.pairs()) {
                if (!terms.containsKey(pair.lease())) {
                    terms.put(
                            pair.lease(),
                            pair.lease() == 0 ? Optional.empty() : await(client.term(pair.lease()), store, end));
                }
                Optional<ChannelKvstore.Term> term = terms.get(pair.lease());
                Optional<RegisterNode> node = node(pair);
                if (term.isPresent() && node.isPresent()) {
                    registered.put(
                            pair.key().substring(RegisterNode.PREFIX.length()),
                            new Registered(
                                    node.get(),
                                    term.get().granted().minus(term.get().left())));
                }
            }
        }
        return registered;
    }

    private static Optional<RegisterNode> node(Kvstore.Pair pair) {
        try {
            return Optional.of(RegisterNodeJson.read(pair.value()));
        } catch (RegisterNodeJson.MalformedException e) {
            return Optional.empty();
        }
    }

    private static <T> T await(CompletableFuture<T> answer, EtcdConfig store, long end) throws IOException {
        String where = "the store at " + store.endpoints().get(0) + " ";
        try {
            return answer.get(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException(where + "does not answer", e);
        } catch (ExecutionException e) {
            String reason = e.getCause() instanceof StatusRuntimeException refused
                    ? String.valueOf(refused.getStatus().getDescription())
                    : String.valueOf(e.getCause().getMessage());
            throw new IOException(where + "refuses: " + reason, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(where + "was not waited for", e);
        }
    }
}
