package io.meshkeep.loadtest.fleet;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.client.Wire;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchRequest;
import java.util.concurrent.CompletableFuture;

/** Watches a prefix and waits for a number of deletions. Confined to the client's event loop after it was made. */
final class Follower extends ClientCall.Listener<byte[]> {
    private static final int CREATED = 3;
    private static final int CANCELED = 4;
    private static final int EVENTS = 11;
    private static final int TYPE_IN_EVENT = 1;
    private static final int DELETE = 1;

    private final CompletableFuture<Void> created = new CompletableFuture<>();
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private final long awaited;
    private long deleted;
    private long first;
    private long last;

    private Follower(long awaited) {
        this.awaited = awaited;
    }

    /** Begins to watch; {@link #created} ends when it does. */
    static Follower follow(EtcdClient client, int connection, KeyPrefix prefix, long awaited) {
        Follower follower = new Follower(awaited);
        client.loop().execute(() -> {
            ClientCall<byte[], byte[]> stream = client.open(connection, Rpcs.WATCH, follower);
            stream.sendMessage(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(prefix.start())
                            .setRangeEnd(prefix.end()))
                    .build()
                    .toByteArray());
        });
        return follower;
    }

    CompletableFuture<Void> created() {
        return created;
    }

    /** Ends when all deletions have come. */
    CompletableFuture<Void> gone() {
        return gone;
    }

    /** When the first deletion came. */
    long first() {
        return first;
    }

    /** When the last one came; of use when {@link #gone} has ended. */
    long last() {
        return last;
    }

    @Override
    public void onMessage(byte[] message) {
        long now = System.nanoTime();
        try {
            for (Wire field = Wire.of(message); field.next(); ) {
                switch (field.number()) {
                    case CREATED -> created.complete(null);
                    case CANCELED -> throw new IllegalStateException("a watch was cancelled");
                    case EVENTS -> {
                        if (isDeletion(field.message())) {
                            deleted++;
                        }
                    }
                    default -> {}
                }
            }
        } catch (RuntimeException e) {
            fail(e);
            return;
        }
        if (deleted > 0 && first == 0) {
            first = now;
        }
        if (deleted > awaited) {
            fail(new IllegalStateException("a watch was told of more deletions than there were"));
        } else if (deleted == awaited) {
            last = now;
            gone.complete(null);
        }
    }

    private static boolean isDeletion(Wire event) {
        while (event.next()) {
            if (event.number() == TYPE_IN_EVENT) {
                return event.value() == DELETE;
            }
        }
        return false;
    }

    private void fail(Throwable cause) {
        created.completeExceptionally(cause);
        gone.completeExceptionally(cause);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        fail(status.asRuntimeException());
    }
}
