package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.proto.Event;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchCreateRequest.FilterType;
import io.meshkeep.proto.WatchResponse;
import java.util.ArrayList;
import java.util.List;

/** What one watch has to get, and whether it got it as etcd promises. */
final class ExpectedEvents {
    private final WatchCreateRequest request;
    private final List<MvccModel.Change> changes;

    /**
     * @param created the answer to the request
     * @param all every change of the store, in order
     */
    ExpectedEvents(WatchCreateRequest request, WatchResponse created, List<MvccModel.Change> all) {
        this.request = request;
        long now = created.getHeader().getRevision();
        long start = request.getStartRevision() == 0 ? now + 1 : request.getStartRevision();
        this.changes = all.stream()
                .filter(change -> change.revision() >= start && wants(change))
                .toList();
    }

    private boolean wants(MvccModel.Change change) {
        FilterType dropped = change.delete() ? FilterType.NODELETE : FilterType.NOPUT;
        return MvccModel.contains(
                        request.getKey(), request.getRangeEnd(), change.kv().getKey())
                && !request.getFiltersList().contains(dropped);
    }

    int count() {
        return changes.size();
    }

    /**
     * Checks the messages of a watch that has got everything.
     *
     * @param compacted where the pair before may be missing: at changes that need what lies below
     */
    void assertAllIn(List<WatchResponse> messages, long compacted) {
        assertBeginIn(messages, compacted);
        assertThat(eventsOf(messages)).as("events of %s", request).hasSameSizeAs(changes);
    }

    /** Checks the messages of a watch that has not got everything yet, or never will. */
    void assertBeginIn(List<WatchResponse> messages, long compacted) {
        List<Event> events = eventsOf(messages);
        assertThat(events.size()).as("events of %s", request).isLessThanOrEqualTo(changes.size());
        for (int i = 0; i < events.size(); i++) {
            assertEvent(events.get(i), changes.get(i), compacted);
        }
        assertWholeRevisions(messages);
        assertHeaders(messages);
    }

    private void assertEvent(Event event, MvccModel.Change change, long compacted) {
        assertThat(event.getKv()).isEqualTo(change.kv());
        assertThat(event.getType()).isEqualTo(change.delete() ? Event.EventType.DELETE : Event.EventType.PUT);
        KeyValue previous =
                request.getPrevKv() && change.previous() != null ? change.previous() : KeyValue.getDefaultInstance();
        boolean mayMiss = change.revision() - 1 < compacted;
        if (!mayMiss || event.hasPrevKv()) {
            assertThat(event.getPrevKv()).as("pair before %s", change).isEqualTo(previous);
        }
    }

    /** A revision is in one message, or in a run of fragments. */
    private static void assertWholeRevisions(List<WatchResponse> messages) {
        long last = 0;
        boolean fragmented = false;
        for (WatchResponse message : messages) {
            if (message.getEventsCount() == 0) {
                continue;
            }
            long first = message.getEvents(0).getKv().getModRevision();
            assertThat(first).isGreaterThanOrEqualTo(fragmented ? last : last + 1);
            last = message.getEvents(message.getEventsCount() - 1).getKv().getModRevision();
            fragmented = message.getFragment();
        }
    }

    /** A header's revision says that all changes up to it have been sent. */
    private void assertHeaders(List<WatchResponse> messages) {
        int sent = 0;
        for (WatchResponse message : messages) {
            sent += message.getEventsCount();
            if (message.getFragment() || message.getCreated() || message.getCanceled()) {
                continue;
            }
            long told = message.getHeader().getRevision();
            if (message.getEventsCount() > 0) {
                assertThat(told)
                        .isGreaterThanOrEqualTo(message.getEvents(message.getEventsCount() - 1)
                                .getKv()
                                .getModRevision());
            }
            long owed =
                    changes.stream().filter(change -> change.revision() <= told).count();
            assertThat(sent).as("events sent when revision %d was told", told).isGreaterThanOrEqualTo((int) owed);
        }
    }

    /** Whether a watch that got these messages still needed a revision that the compaction took from it. */
    boolean isCancelJustified(List<WatchResponse> messages, long compactRevision) {
        long covered = request.getStartRevision() - 1;
        for (WatchResponse message : messages) {
            if (!message.getCreated() && !message.getCanceled() && !message.getFragment()) {
                covered = Math.max(covered, message.getHeader().getRevision());
            }
        }
        return covered + 1 < compactRevision;
    }

    private static List<Event> eventsOf(List<WatchResponse> messages) {
        List<Event> events = new ArrayList<>();
        messages.forEach(message -> events.addAll(message.getEventsList()));
        return events;
    }
}
