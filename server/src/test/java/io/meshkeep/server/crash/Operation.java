package io.meshkeep.server.crash;

import static io.meshkeep.server.crash.History.bytes;

import io.meshkeep.proto.Event;
import io.meshkeep.proto.Event.EventType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A write that a client has sent and what it comes to, if it is applied: either all of these changes, in this order, in
 * one revision of their own, or, when there are none, no revision. The values are unlike those of any other operation.
 *
 * @param text for messages
 * @param changes the events, as far as the client knows them
 * @param sentAfter the highest revision that any client had seen when this was sent
 */
record Operation(String text, List<Change> changes, long sentAfter) {
    /** One event. Revisions and versions follow from the history, so they are checked there. */
    record Change(EventType type, String key, String value, long lease) {
        static Change put(String key, String value, long lease) {
            return new Change(EventType.PUT, key, value, lease);
        }

        static Change delete(String key) {
            return new Change(EventType.DELETE, key, "", 0);
        }

        boolean matches(Event event) {
            return event.getType() == type
                    && event.getKv().getKey().equals(bytes(key))
                    && event.getKv().getValue().equals(bytes(value))
                    && event.getKv().getLease() == lease;
        }

        @Override
        public String toString() {
            String shortened = value.length() > 40 ? value.substring(0, 40) + "… (" + value.length() + ")" : value;
            return type + " " + key + (type == EventType.PUT ? "=" + shortened + " lease " + lease : "");
        }
    }

    boolean matches(List<Event> events) {
        if (events.size() != changes.size()) {
            return false;
        }
        for (int i = 0; i < events.size(); i++) {
            if (!changes.get(i).matches(events.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Collects the changes of an operation; of the keys that it knows, it says which one a delete finds. */
    static final class Builder {
        private final NavigableMap<String, Long> known;
        private final List<Change> changes = new ArrayList<>();

        /** @param known live keys, each with its lease */
        Builder(NavigableMap<String, Long> known) {
            this.known = new TreeMap<>(known);
        }

        Builder put(String key, String value, long lease) {
            changes.add(Change.put(key, value, lease));
            known.put(key, lease);
            return this;
        }

        Builder delete(String key) {
            if (known.remove(key) != null) {
                changes.add(Change.delete(key));
            }
            return this;
        }

        Builder deleteRange(String from, String to) {
            List.copyOf(known.subMap(from, true, to, false).keySet()).forEach(this::delete);
            return this;
        }

        Builder deleteOfLease(long lease) {
            known.entrySet().stream()
                    .filter(entry -> entry.getValue() == lease)
                    .map(Map.Entry::getKey)
                    .toList()
                    .forEach(this::delete);
            return this;
        }

        Operation build(String text, long sentAfter) {
            return new Operation(text, List.copyOf(changes), sentAfter);
        }
    }
}
