package io.meshkeep.server.differential;

import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.WatchCancelRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchProgressRequest;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.proto.WatchResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * One watch stream of a client. Sorts what comes in into responses to this client's requests, which are awaited, and
 * sights per watch, and checks what the protocol promises of every stream: created before events, revisions in order
 * and whole, a header that is not behind its events. Used by one thread; responses may arrive on any.
 */
final class WatchStream {
    /** The watch id of progress that is told for a whole stream, and of a watch that could not be created. */
    static final long WHOLE_STREAM = -1;

    private static final Duration PROGRESS_RETRY = Duration.ofMillis(100);

    private final Context.CancellableContext context = Context.current().withCancellation();
    private final StreamObserver<WatchRequest> out;
    private final Deque<WatchCreateRequest> pendingCreates = new ArrayDeque<>();
    private final Deque<WatchResponse> replies = new ArrayDeque<>();
    private final Deque<WatchResponse> progress = new ArrayDeque<>();
    private final Map<Long, Incarnation> incarnations = new HashMap<>();
    private final TreeMap<Long, List<Sight>> sights = new TreeMap<>();
    private Optional<Long> pendingCancel = Optional.empty();
    private int progressAsked;
    private int progressTold;
    private Status end;

    /** What is known of a watch between its "created" and its end. */
    private static final class Incarnation {
        final boolean fragments;
        long lastRevision;

        Incarnation(boolean fragments) {
            this.fragments = fragments;
        }
    }

    WatchStream(Channel channel) {
        Context previous = context.attach();
        try {
            out = WatchGrpc.newStub(channel).watch(new StreamObserver<>() {
                @Override
                public void onNext(WatchResponse response) {
                    receive(response);
                }

                @Override
                public void onError(Throwable t) {
                    end(Status.fromThrowable(t));
                }

                @Override
                public void onCompleted() {
                    end(Status.OK);
                }
            });
        } finally {
            context.detach(previous);
        }
    }

    /** Sends the requests back to back and awaits as many "created" responses. */
    List<WatchResponse> create(List<WatchCreateRequest> requests, Duration timeout) throws EndedException {
        synchronized (this) {
            pendingCreates.addAll(requests);
        }
        for (WatchCreateRequest request : requests) {
            out.onNext(WatchRequest.newBuilder().setCreateRequest(request).build());
        }
        return awaitReplies(requests.size(), timeout);
    }

    /** Sends a cancel request; awaits its answer if there should be one. */
    List<WatchResponse> cancel(long watchId, boolean answered, Duration timeout) throws EndedException {
        synchronized (this) {
            pendingCancel = answered ? Optional.of(watchId) : Optional.empty();
        }
        out.onNext(WatchRequest.newBuilder()
                .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(watchId))
                .build());
        return awaitReplies(answered ? 1 : 0, timeout);
    }

    /**
     * Sends a progress request. If it should be answered, asks again, as clients do, until it is: a server answers
     * only when every watch has caught up. Answers to earlier requests that tell of less than {@code revision} are
     * passed over.
     */
    List<WatchResponse> progress(boolean answered, long revision, Duration timeout) throws EndedException {
        if (!answered) {
            sendProgressRequest();
            return List.of();
        }
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            synchronized (this) {
                progressAsked++;
            }
            sendProgressRequest();
            Duration left = Duration.ofNanos(deadline - System.nanoTime());
            Optional<WatchResponse> told =
                    awaitProgress(revision, left.compareTo(PROGRESS_RETRY) < 0 ? left : PROGRESS_RETRY);
            if (told.isPresent() || System.nanoTime() >= deadline) {
                return told.stream().toList();
            }
        }
    }

    void unset() {
        out.onNext(WatchRequest.getDefaultInstance());
    }

    void halfClose() {
        out.onCompleted();
    }

    /** Cancels the stream; nothing that arrives later counts. */
    void close() {
        context.cancel(null);
    }

    /** How many sights of the watch have not been taken yet. */
    synchronized int seen(long watchId) {
        return sights.getOrDefault(watchId, List.of()).size();
    }

    synchronized boolean ended() {
        return end != null;
    }

    /** Waits until the condition, which is evaluated under this stream's lock, holds or time is up. */
    synchronized boolean await(BooleanSupplier condition, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            try {
                wait(left / 1_000_000, (int) (left % 1_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for a watch", e);
            }
        }
        return true;
    }

    /** Takes what has been seen so far, by watch id. */
    synchronized TreeMap<Long, List<Sight>> take() {
        TreeMap<Long, List<Sight>> taken = new TreeMap<>(sights);
        sights.clear();
        if (end != null) {
            taken.computeIfAbsent(WHOLE_STREAM, id -> new ArrayList<>())
                    .add(new Sight.Broken("the stream ended with " + end));
        }
        return taken;
    }

    private void sendProgressRequest() {
        out.onNext(WatchRequest.newBuilder()
                .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                .build());
    }

    private synchronized Optional<WatchResponse> awaitProgress(long revision, Duration timeout) throws EndedException {
        await(
                () -> {
                    progress.removeIf(p -> p.getHeader().getRevision() < revision);
                    return !progress.isEmpty() || end != null;
                },
                timeout);
        if (end != null) {
            throw new EndedException(end);
        }
        Optional<WatchResponse> told = Optional.ofNullable(progress.poll());
        progress.clear();
        return told;
    }

    private synchronized List<WatchResponse> awaitReplies(int count, Duration timeout) throws EndedException {
        await(() -> replies.size() >= count || end != null, timeout);
        if (end != null && replies.size() < count) {
            throw new EndedException(end);
        }
        List<WatchResponse> taken = new ArrayList<>();
        while (taken.size() < count && !replies.isEmpty()) {
            taken.add(replies.remove());
        }
        return taken;
    }

    private synchronized void end(Status status) {
        end = status;
        notifyAll();
    }

    private synchronized void receive(WatchResponse response) {
        long id = response.getWatchId();
        if (response.getCreated()) {
            WatchCreateRequest request = pendingCreates.poll();
            if (request == null) {
                see(id, new Sight.Told(response));
            } else {
                if (!response.getCanceled()) {
                    incarnations.put(id, new Incarnation(request.getFragment()));
                }
                replies.add(response);
            }
        } else if (response.getCanceled()) {
            incarnations.remove(id);
            if (pendingCancel.isPresent() && pendingCancel.get() == id && response.getCompactRevision() == 0) {
                pendingCancel = Optional.empty();
                replies.add(response);
            } else {
                see(id, new Sight.Told(response));
            }
        } else if (response.getEventsCount() > 0) {
            receiveEvents(id, response);
        } else if (id == WHOLE_STREAM && progressTold < progressAsked) {
            progressTold++;
            progress.add(response);
        } else {
            see(id, new Sight.Told(response));
        }
        notifyAll();
    }

    private void receiveEvents(long id, WatchResponse response) {
        Incarnation watch = incarnations.get(id);
        if (watch == null) {
            see(id, new Sight.Broken("events for a watch that is not open"));
            watch = new Incarnation(true);
        }
        long before = watch.lastRevision;
        for (Event event : response.getEventsList()) {
            long revision = event.getKv().getModRevision();
            if (revision < watch.lastRevision) {
                see(id, new Sight.Broken("revision " + revision + " after " + watch.lastRevision));
            }
            if (revision == before && !watch.fragments) {
                see(id, new Sight.Broken("revision " + revision + " split over responses"));
            }
            watch.lastRevision = revision;
            see(id, new Sight.Happened(event));
        }
        if (response.getHeader().getRevision() < watch.lastRevision) {
            see(
                    id,
                    new Sight.Broken("header revision " + response.getHeader().getRevision() + " behind event "
                            + watch.lastRevision));
        }
    }

    private void see(long id, Sight sight) {
        sights.computeIfAbsent(id, i -> new ArrayList<>()).add(sight);
    }

    /** The stream ended while an answer was awaited. */
    static final class EndedException extends Exception {
        private static final long serialVersionUID = 1;

        private final transient Status status;

        EndedException(Status status) {
            this.status = status;
        }

        Status status() {
            return status;
        }
    }
}
