package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.WatchCreateRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What watches are open on the referee and how much each of them will have seen once it has caught up. That number is
 * worked out from the log of all events, so that waiting for it needs neither a pause nor a write of our own.
 */
final class WatchBook {
    /** An open watch, or one that a compaction cancelled and whose id the server therefore still holds. */
    static final class Watch {
        final int stream;
        final long id;
        final ByteString key;
        final ByteString end;
        final long start;
        final long first;
        final boolean past;
        final Set<Event.EventType> hidden;
        final boolean compacted;
        boolean confirmed;
        int taken;

        private Watch(int stream, long id, WatchCreateRequest request, long revision, long compactedRevision) {
            this.stream = stream;
            this.id = id;
            key = request.getKey().isEmpty() ? Keys.LEAST : request.getKey();
            end = request.getRangeEnd();
            start = request.getStartRevision();
            past = start != 0 && start <= revision;
            compacted = past && start < compactedRevision;
            first = past ? start : Math.max(start, revision + 1);
            hidden = new HashSet<>();
            for (int filter : request.getFiltersValueList()) {
                if (filter == WatchCreateRequest.FilterType.NOPUT_VALUE) {
                    hidden.add(Event.EventType.PUT);
                } else if (filter == WatchCreateRequest.FilterType.NODELETE_VALUE) {
                    hidden.add(Event.EventType.DELETE);
                }
            }
        }

        private boolean sees(Event event) {
            return !compacted
                    && event.getKv().getModRevision() >= first
                    && !hidden.contains(event.getType())
                    && Keys.contains(key, end, event.getKv().getKey());
        }
    }

    private final TreeMap<Integer, TreeMap<Long, Watch>> streams = new TreeMap<>();
    private final Set<Integer> halfClosed = new HashSet<>();

    void opened(int stream, long id, WatchCreateRequest request, long revision, long compactedRevision) {
        streams.computeIfAbsent(stream, s -> new TreeMap<>())
                .put(id, new Watch(stream, id, request, revision, compactedRevision));
    }

    /** A stream exists once anything was sent on it. */
    void used(int stream) {
        streams.computeIfAbsent(stream, s -> new TreeMap<>());
    }

    void cancelled(int stream, long id) {
        streams.getOrDefault(stream, new TreeMap<>()).remove(id);
    }

    void closed(int stream) {
        streams.remove(stream);
        halfClosed.remove(stream);
    }

    void halfClosed(int stream) {
        used(stream);
        halfClosed.add(stream);
    }

    boolean isHalfClosed(int stream) {
        return halfClosed.contains(stream);
    }

    boolean isOpen(int stream) {
        return streams.containsKey(stream);
    }

    void closedAll() {
        streams.clear();
        halfClosed.clear();
    }

    Optional<Watch> find(int stream, long id) {
        return Optional.ofNullable(streams.getOrDefault(stream, new TreeMap<>()).get(id));
    }

    Set<Integer> streams() {
        return streams.keySet();
    }

    List<Watch> watches() {
        List<Watch> all = new ArrayList<>();
        streams.values().forEach(s -> all.addAll(s.values()));
        return all;
    }

    List<Watch> watches(int stream) {
        return List.copyOf(streams.getOrDefault(stream, new TreeMap<>()).values());
    }

    /**
     * Whether a progress request on the stream gets no answer: it has no watch, one that starts in the future, or one
     * that a compaction cancelled.
     */
    boolean isMute(int stream, long revision) {
        Map<Long, Watch> watches = streams.getOrDefault(stream, new TreeMap<>());
        return watches.isEmpty() || watches.values().stream().anyMatch(w -> w.compacted || w.start > revision);
    }

    /** Whether some watch opened in the past may, for all we can know, not have caught up yet on some server. */
    boolean mayLag() {
        return streams.keySet().stream().anyMatch(this::mayLag);
    }

    boolean mayLag(int stream) {
        return watches(stream).stream().anyMatch(w -> w.past && !w.compacted && !w.confirmed);
    }

    /** Progress was told on the stream: all its watches have caught up. */
    void confirm(int stream) {
        watches(stream).forEach(w -> w.confirmed = true);
    }

    /** How many sights of this watch are to come from the events so far, besides those taken. */
    static int due(Watch watch, List<Event> log) {
        int due = watch.compacted ? 1 : 0;
        for (Event event : log) {
            if (watch.sees(event)) {
                due++;
            }
        }
        return due - watch.taken;
    }
}
