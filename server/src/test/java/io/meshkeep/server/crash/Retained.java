package io.meshkeep.server.crash;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.proto.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The events that a server has and will tell, as a watch gets them.
 *
 * @param compacted the compacted revision, -1 if there is none
 * @param events every event above it, by revision
 */
record Retained(long compacted, NavigableMap<Long, List<Event>> events) {
    /** Reads them, up to the newest revision. */
    static Retained read(Channel channel, long newest) throws InterruptedException {
        NavigableMap<Long, List<Event>> events = new TreeMap<>();
        if (newest < 2) {
            return new Retained(-1, events);
        }
        long compacted = watch(channel, 1, newest, events);
        if (compacted != -1 && compacted < newest) {
            assertThat(watch(channel, compacted + 1, newest, events))
                    .as("the compacted revision, which nobody has moved")
                    .isEqualTo(-1);
        }
        return new Retained(compacted, events);
    }

    /** Returns the compacted revision if the watch was cancelled for it, and -1 when everything has been read. */
    private static long watch(Channel channel, long from, long newest, NavigableMap<Long, List<Event>> events)
            throws InterruptedException {
        BlockingQueue<Object> told = new LinkedBlockingQueue<>();
        Context.CancellableContext context = Context.current().withCancellation();
        try {
            context.run(() -> WatchGrpc.newStub(channel)
                    .watch(into(told))
                    .onNext(WatchRequest.newBuilder()
                            .setCreateRequest(WatchCreateRequest.newBuilder()
                                    .setKey(History.bytes("\0"))
                                    .setRangeEnd(History.bytes("\0"))
                                    .setStartRevision(from))
                            .build()));
            while (events.isEmpty() || events.lastKey() < newest) {
                Object answer = told.poll(60, SECONDS);
                assertThat(answer)
                        .as("an answer to a watch from revision %d", from)
                        .isInstanceOf(WatchResponse.class);
                WatchResponse response = (WatchResponse) answer;
                if (response.getCanceled()) {
                    assertThat(response.getCompactRevision())
                            .as("the reason of %s", response)
                            .isPositive();
                    return response.getCompactRevision();
                }
                for (Event event : response.getEventsList()) {
                    long revision = event.getKv().getModRevision();
                    assertThat(revision)
                            .as("the revision of %s", event)
                            .isGreaterThanOrEqualTo(events.isEmpty() ? from : events.lastKey());
                    events.computeIfAbsent(revision, r -> new ArrayList<>()).add(event);
                }
            }
            return -1;
        } finally {
            context.cancel(null);
        }
    }

    private static StreamObserver<WatchResponse> into(BlockingQueue<Object> told) {
        return new StreamObserver<>() {
            @Override
            public void onNext(WatchResponse response) {
                told.add(response);
            }

            @Override
            public void onError(Throwable t) {
                told.add(t);
            }

            @Override
            public void onCompleted() {
                told.add("the end of the stream");
            }
        };
    }
}
