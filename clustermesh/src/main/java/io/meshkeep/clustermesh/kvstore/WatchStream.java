package io.meshkeep.clustermesh.kvstore;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.meshkeep.proto.WatchCancelRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.proto.WatchResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The one watch stream of a client. Watches are created one after the other, since an answer names no request; a message
 * is asked for when the followers have taken the one before. For the loop alone.
 */
final class WatchStream {
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

    /** A watch that is wanted. */
    private record Wanted(Following following, long startRevision) {}

    private final ChannelKvstore kvstore;
    private final SerialExecutor delivery = new SerialExecutor(KvstoreThreads.FOLLOWERS);
    private final Set<Following> all = new LinkedHashSet<>();
    private final Deque<Wanted> wanted = new ArrayDeque<>();
    private final Map<Long, Following> byId = new HashMap<>();
    private Wanted creating;
    private ClientCallStreamObserver<WatchRequest> stream;
    private int failures;

    WatchStream(ChannelKvstore kvstore) {
        this.kvstore = kvstore;
    }

    /** Where followers are called. */
    SerialExecutor delivery() {
        return delivery;
    }

    void add(Following following) {
        all.add(following);
    }

    /** Begins a watch; the following is told of its messages on {@link #delivery()}. */
    void watch(Following following, long startRevision) {
        if (!all.contains(following) || kvstore.isClosed()) {
            return;
        }
        wanted.add(new Wanted(following, startRevision));
        if (stream == null) {
            open();
        }
        createNext();
    }

    /** Ends a following's watch, if there is one, and forgets what is wanted. */
    void unwatch(Following following) {
        wanted.removeIf(entry -> entry.following == following);
        byId.entrySet().removeIf(entry -> {
            if (entry.getValue() != following) {
                return false;
            }
            cancel(entry.getKey());
            return true;
        });
        if (creating != null && creating.following == following) {
            creating = new Wanted(null, 0);
        }
    }

    void remove(Following following) {
        all.remove(following);
        unwatch(following);
    }

    void relistAll() {
        for (Following following : all) {
            unwatch(following);
            delivery.execute(following::relist);
        }
    }

    void close() {
        all.clear();
        wanted.clear();
        byId.clear();
        if (stream != null) {
            stream.cancel("the client is closed", null);
            stream = null;
        }
    }

    private void cancel(long id) {
        if (stream != null) {
            stream.onNext(WatchRequest.newBuilder()
                    .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                    .build());
        }
    }

    private void open() {
        Answers answers = new Answers();
        ClientCalls.asyncBidiStreamingCall(
                kvstore.streams().newCall(WatchGrpc.getWatchMethod(), kvstore.streamOptions()), answers);
        stream = answers.requests;
    }

    private void createNext() {
        if (creating != null || wanted.isEmpty() || stream == null) {
            return;
        }
        creating = wanted.remove();
        stream.onNext(WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder()
                        .setKey(creating.following.start())
                        .setRangeEnd(creating.following.end())
                        .setStartRevision(creating.startRevision)
                        .setFragment(true))
                .build());
    }

    private void answer(Answers from, WatchResponse response) {
        if (stream != from.requests) {
            return;
        }
        failures = 0;
        kvstore.seen(response.getHeader());
        Following following;
        if (response.getCreated()) {
            following = creating == null ? null : creating.following;
            creating = null;
            if (!response.getCanceled()) {
                if (following == null) {
                    cancel(response.getWatchId());
                } else {
                    byId.put(response.getWatchId(), following);
                }
            }
            createNext();
        } else if (response.getCanceled()) {
            following = byId.remove(response.getWatchId());
        } else {
            following = byId.get(response.getWatchId());
        }
        if (following == null) {
            from.requests.request(1);
            return;
        }
        delivery.execute(() -> {
            try {
                following.answered(response);
            } finally {
                kvstore.loop().execute(() -> from.requests.request(1));
            }
        });
    }

    private void broken(Answers answers, Throwable cause) {
        if (stream != answers.requests || kvstore.isClosed()) {
            return;
        }
        stream = null;
        failures++;
        List<Following> interrupted = new ArrayList<>(byId.values());
        if (creating != null && creating.following != null) {
            interrupted.add(creating.following);
        }
        wanted.forEach(entry -> interrupted.add(entry.following));
        byId.clear();
        wanted.clear();
        creating = null;
        long wait = BACKOFF.millisAfter(failures);
        for (Following following : interrupted) {
            delivery.execute(() -> following.interrupted(cause));
            KvstoreThreads.TIMER.schedule(() -> delivery.execute(following::resume), wait, TimeUnit.MILLISECONDS);
        }
    }

    private final class Answers implements ClientResponseObserver<WatchRequest, WatchResponse> {
        private ClientCallStreamObserver<WatchRequest> requests;

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchRequest> requestStream) {
            requests = requestStream;
            requestStream.disableAutoRequestWithInitial(1);
        }

        @Override
        public void onNext(WatchResponse response) {
            answer(this, response);
        }

        @Override
        public void onError(Throwable cause) {
            broken(this, cause);
        }

        @Override
        public void onCompleted() {
            broken(
                    this,
                    Status.UNAVAILABLE
                            .withDescription("the server ended the stream")
                            .asException());
        }
    }
}
