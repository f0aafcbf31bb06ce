package io.meshkeep.loadtest.fleet;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.LoadException;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Keeps leases alive until they are to end. Confined to the client's event loop after it was made. */
final class Renewals extends ClientCall.Listener<byte[]> {
    private static final int TTL = 3;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final EtcdClient client;
    private final List<byte[]> requests;
    private final Duration interval;
    private final CompletableFuture<Long> last = new CompletableFuture<>();
    private ClientCall<byte[], byte[]> stream;
    private boolean ending;
    private long lastRound;
    private int unanswered;

    private Renewals(Duration interval, EtcdClient client, List<byte[]> requests) {
        this.interval = interval;
        this.client = client;
        this.requests = requests;
    }

    /** Begins. */
    static Renewals every(Duration interval, EtcdClient client, List<Long> leases) {
        Renewals renewals = new Renewals(
                interval,
                client,
                leases.stream()
                        .map(lease -> LeaseKeepAliveRequest.newBuilder()
                                .setID(lease)
                                .build()
                                .toByteArray())
                        .toList());
        client.loop().execute(() -> {
            renewals.stream = client.open(0, Rpcs.KEEP_ALIVE, renewals);
            renewals.wake();
        });
        return renewals;
    }

    private void wake() {
        if (!ending && !last.isDone()) {
            renewAll();
            client.loop().schedule(this::wake, interval.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void renewAll() {
        lastRound = System.nanoTime();
        unanswered += requests.size();
        requests.forEach(stream::sendMessage);
    }

    /** Renews all leases once more and then no longer; says when that was. Not on the event loop. */
    long last() throws InterruptedException {
        client.loop().execute(() -> {
            ending = true;
            renewAll();
        });
        try {
            return last.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new LoadException(String.valueOf(e.getCause().getMessage()), e.getCause());
        } catch (TimeoutException e) {
            throw new LoadException("leases were not renewed in " + LIMIT.toSeconds() + " s", e);
        }
    }

    @Override
    public void onMessage(byte[] message) {
        if (Answers.number(message, TTL) <= 0) {
            last.completeExceptionally(new IllegalStateException("a lease has ended before its time"));
        }
        unanswered--;
        if (ending && unanswered == 0) {
            last.complete(lastRound);
        }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        last.completeExceptionally(status.asRuntimeException());
    }
}
