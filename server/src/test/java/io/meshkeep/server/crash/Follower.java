package io.meshkeep.server.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.Event.EventType;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchCreateRequest.FilterType;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.proto.WatchResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * A watcher that goes on where it was when the server comes back. What it is told is kept until it is checked against
 * the history. Thread-safe.
 */
final class Follower {
    private static final long LIMIT_NANOS = 60_000_000_000L;

    private final String name;
    private final String prefix;
    private final boolean deletesOnly;
    private final boolean previous;
    /** The revision to go on from; 0 for what comes after the start of the watch. */
    private long next;

    private final List<WatchResponse> told = new ArrayList<>();
    /** The highest revision among them. */
    private long toldUpTo;

    private Observations seen;
    private boolean ended = true;

    /**
     * @param prefix of the keys to watch; empty for all
     * @param start revision to start at; 0 for what comes after the start of the watch
     */
    Follower(String name, String prefix, long start, boolean deletesOnly, boolean previous) {
        this.name = name;
        this.prefix = prefix;
        this.next = start;
        this.deletesOnly = deletesOnly;
        this.previous = previous;
    }

    /** Opens the watch; nothing may be compacted beyond {@link #position} while it is open. */
    synchronized void open(Channel channel, Observations observations) {
        seen = observations;
        ended = false;
        told.clear();
        toldUpTo = 0;
        WatchCreateRequest.Builder create = WatchCreateRequest.newBuilder()
                .setKey(History.bytes(prefix.isEmpty() ? "\0" : prefix))
                .setRangeEnd(History.bytes(prefix.isEmpty() ? "\0" : History.end(prefix)))
                .setStartRevision(next)
                .setPrevKv(previous);
        if (deletesOnly) {
            create.addFilters(FilterType.NOPUT);
        }
        StreamObserver<WatchRequest> requests = WatchGrpc.newStub(channel).watch(new StreamObserver<>() {
            @Override
            public void onNext(WatchResponse response) {
                took(response);
            }

            @Override
            public void onError(Throwable t) {
                ended(Status.fromThrowable(t));
            }

            @Override
            public void onCompleted() {
                ended(Status.OK);
            }
        });
        requests.onNext(WatchRequest.newBuilder().setCreateRequest(create).build());
    }

    private synchronized void took(WatchResponse response) {
        if (response.getCanceled()) {
            seen.violation(name + " from " + next + " was cancelled: " + response);
        }
        seen.saw(response.getHeader());
        told.add(response);
        if (!response.getCreated()) {
            toldUpTo = Math.max(toldUpTo, response.getHeader().getRevision());
        }
        notifyAll();
    }

    private synchronized void ended(Status status) {
        ended = true;
        if (!seen.isEnding() || !Observations.isLoss(status)) {
            seen.violation(name + " was ended: " + status);
        }
        notifyAll();
    }

    /** Waits until the stream has ended with the server. */
    synchronized void awaitEnd() throws InterruptedException {
        await("the end of the stream", () -> ended);
    }

    /** Waits until it has been told the last that the history has for it. */
    synchronized void awaitTold(History history) throws InterruptedException {
        long last = history.last();
        while (last >= next && history.at(last).stream().noneMatch(this::wants)) {
            last--;
        }
        long wanted = last;
        await(
                "revision " + wanted,
                () -> wanted < next || toldUpTo >= wanted || !seen.violations().isEmpty());
        assertThat(seen.violations()).isEmpty();
    }

    private void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + LIMIT_NANOS;
        while (!condition.getAsBoolean()) {
            assertThat(deadline - System.nanoTime())
                    .as("time left for %s to get %s", name, what)
                    .isPositive();
            wait(100);
        }
    }

    private boolean wants(Event event) {
        return History.key(event).startsWith(prefix) && !(deletesOnly && event.getType() == EventType.PUT);
    }

    /** The revision from which on this watcher still needs the history. */
    synchronized long position() {
        return next == 0 ? Long.MAX_VALUE : next;
    }

    /**
     * Checks what was told since the last check against the history, which must reach as far, and goes on from there.
     *
     * @param compactionSent revision up to which pairs before may have been compacted away
     */
    synchronized void check(History history, long compactionSent) {
        if (!told.isEmpty()) {
            checkTold(history, compactionSent);
        }
        // What it does not want is not needed either: else one that is seldom told anything would keep it all.
        while (next != 0 && next <= history.last() && history.at(next).stream().noneMatch(this::wants)) {
            next++;
        }
    }

    private void checkTold(History history, long compactionSent) {
        assertThat(told.get(0).getCreated())
                .as("%s: the first answer is the created one", name)
                .isTrue();
        long from = next == 0 ? told.get(0).getHeader().getRevision() + 1 : next;
        Map<String, KeyValue> before = previous ? new HashMap<>(history.keysAt(from - 1)) : null;
        long revision = from;
        for (WatchResponse response : told.subList(1, told.size())) {
            List<Event> events = response.getEventsList();
            long header = response.getHeader().getRevision();
            assertThat(events)
                    .as("%s: an answer with nothing in it: %s", name, response)
                    .isNotEmpty();
            long last = events.get(events.size() - 1).getKv().getModRevision();
            assertThat(header)
                    .as("%s: the header's revision and that of the last event", name)
                    .isGreaterThanOrEqualTo(last);
            assertThat(header)
                    .as("%s: the header's revision and the newest one", name)
                    .isLessThanOrEqualTo(history.last());
            List<Event> expected = new ArrayList<>();
            // An answer's header says: everything up to here has been sent.
            for (; revision <= header; revision++) {
                for (Event event : history.at(revision)) {
                    if (wants(event)) {
                        expected.add(withPrevious(event, before, events, expected.size(), compactionSent));
                    }
                    if (before != null) {
                        History.apply(before, event);
                    }
                }
            }
            assertThat(events)
                    .as("%s: what was told, up to revision %d, of a watch from %d", name, header, from)
                    .isEqualTo(expected);
        }
        next = revision;
        told.clear();
        toldUpTo = 0;
    }

    private static Event withPrevious(
            Event event, Map<String, KeyValue> before, List<Event> told, int index, long compactionSent) {
        KeyValue pair = before == null ? null : before.get(History.key(event));
        if (pair == null) {
            return event;
        }
        boolean mayBeCompacted = event.getKv().getModRevision() - 1 < compactionSent;
        if (mayBeCompacted && index < told.size() && !told.get(index).hasPrevKv()) {
            return event;
        }
        return event.toBuilder().setPrevKv(pair).build();
    }
}
