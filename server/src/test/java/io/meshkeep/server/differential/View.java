package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the referee's answers have told so far; what the next op is chosen by. */
final class View {
    long revision = 1;
    long compactedRevision = -1;
    boolean restarted;
    boolean noSpace;
    final TreeSet<Long> leases = new TreeSet<>();
    final TreeMap<ByteString, KeyValue> live = new TreeMap<>(Keys.ORDER);
    final List<Event> log = new ArrayList<>();
    /** Symbols of the tokens issued, in order; some are void by now. */
    final List<String> tokens = new ArrayList<>();

    final WatchBook watches = new WatchBook();

    void happened(Event event) {
        log.add(event);
        if (event.getType() == Event.EventType.PUT) {
            live.put(event.getKv().getKey(), event.getKv());
        } else {
            live.remove(event.getKv().getKey());
        }
    }

    /** Whether a key was changed twice in one revision, which only half survives the compaction of that revision. */
    boolean changedTwice(long revision) {
        List<ByteString> keys = log.stream()
                .filter(e -> e.getKv().getModRevision() == revision)
                .map(e -> e.getKv().getKey())
                .toList();
        return keys.stream().distinct().count() < keys.size();
    }

    /** Whether some key was deleted in this revision. */
    boolean deletedIn(long revision) {
        return log.stream()
                .anyMatch(e -> e.getKv().getModRevision() == revision && e.getType() == Event.EventType.DELETE);
    }
}
