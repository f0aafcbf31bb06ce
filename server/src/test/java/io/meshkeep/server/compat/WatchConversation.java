package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.proto.Event;
import io.meshkeep.proto.WatchCancelRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchProgressRequest;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.proto.WatchResponse;
import java.util.ArrayList;
import java.util.List;

/** A stream of watches. */
final class WatchConversation extends Conversation<WatchRequest, WatchResponse> {
    WatchConversation(WatchGrpc.WatchStub stub) {
        super(stub::watch);
    }

    void send(WatchCreateRequest create) {
        send(WatchRequest.newBuilder().setCreateRequest(create).build());
    }

    /** Asks for a watch and takes the answer, which must be the next message. */
    WatchResponse create(WatchCreateRequest create) {
        send(create);
        WatchResponse created = next();
        assertThat(created.getCreated()).as("created: %s", created).isTrue();
        assertThat(created.getEventsList()).isEmpty();
        return created;
    }

    void cancel(long id) {
        send(WatchRequest.newBuilder()
                .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                .build());
    }

    void requestProgress() {
        send(WatchRequest.newBuilder()
                .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                .build());
    }

    /** The next events of the only watch that is to have any; waits for them, and checks what holds for all events. */
    List<Event> events(long id, int number) {
        List<Event> events = new ArrayList<>();
        while (events.size() < number) {
            WatchResponse response = next();
            assertThat(response.getWatchId()).as("watch of %s", response).isEqualTo(id);
            assertThat(response.getEventsList()).as("events of %s", response).isNotEmpty();
            assertThat(response.getHeader().getRevision())
                    .isGreaterThanOrEqualTo(response.getEvents(response.getEventsCount() - 1)
                            .getKv()
                            .getModRevision());
            events.addAll(response.getEventsList());
        }
        assertThat(events).hasSize(number);
        assertThat(events).extracting(event -> event.getKv().getModRevision()).isSorted();
        return events;
    }
}
