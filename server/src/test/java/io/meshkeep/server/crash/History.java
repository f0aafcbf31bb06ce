package io.meshkeep.server.crash;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.Event.EventType;
import io.meshkeep.proto.KeyValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What a store has told over its whole life: the events of every revision from 2 on, and the keys that follow from
 * them. A revision once told never changes; that it follows from the one before is checked when it is appended.
 */
final class History {
    private static final long FIRST = 2;

    private final List<List<Event>> revisions = new ArrayList<>();
    private final NavigableMap<String, KeyValue> keys = new TreeMap<>();

    /** The newest revision. */
    long last() {
        return FIRST + revisions.size() - 1;
    }

    /** The events of a revision, in order, without the pairs before. */
    List<Event> at(long revision) {
        return revisions.get(Math.toIntExact(revision - FIRST));
    }

    /** The pairs at the newest revision. */
    NavigableMap<String, KeyValue> keys() {
        return Collections.unmodifiableNavigableMap(keys);
    }

    /** The pairs as they were at a revision. */
    NavigableMap<String, KeyValue> keysAt(long revision) {
        NavigableMap<String, KeyValue> then = new TreeMap<>();
        for (long r = FIRST; r <= revision; r++) {
            at(r).forEach(event -> apply(then, event));
        }
        return then;
    }

    /** Adds the next revision. */
    void append(long revision, List<Event> events) {
        assertThat(revision).as("the revision after %d", last()).isEqualTo(last() + 1);
        assertThat(events).as("events of revision %d", revision).isNotEmpty();
        for (Event event : events) {
            checkFollows(revision, event);
            apply(keys, event);
        }
        revisions.add(List.copyOf(events));
    }

    private void checkFollows(long revision, Event event) {
        KeyValue kv = event.getKv();
        KeyValue before = keys.get(key(event));
        assertThat(kv.getModRevision()).as("revision of %s", event).isEqualTo(revision);
        if (event.getType() == EventType.DELETE) {
            assertThat(before).as("what %s deletes", event).isNotNull();
            assertThat(event)
                    .isEqualTo(Event.newBuilder()
                            .setType(EventType.DELETE)
                            .setKv(KeyValue.newBuilder().setKey(kv.getKey()).setModRevision(revision))
                            .build());
        } else {
            assertThat(kv.getVersion())
                    .as("version of %s", kv.getKey().toStringUtf8())
                    .isEqualTo(before == null ? 1 : before.getVersion() + 1);
            assertThat(kv.getCreateRevision())
                    .as("create_revision of %s", kv.getKey().toStringUtf8())
                    .isEqualTo(before == null ? revision : before.getCreateRevision());
        }
    }

    /** Makes an event's change to some keys. */
    static void apply(Map<String, KeyValue> keys, Event event) {
        if (event.getType() == EventType.DELETE) {
            keys.remove(key(event));
        } else {
            keys.put(key(event), event.getKv());
        }
    }

    static String key(Event event) {
        return event.getKv().getKey().toStringUtf8();
    }

    /** The pairs of a prefix. */
    static List<KeyValue> prefixed(NavigableMap<String, KeyValue> keys, String prefix) {
        return List.copyOf(keys.subMap(prefix, true, end(prefix), false).values());
    }

    /** The end of the range of all keys with a prefix, which is not empty and ends below 0x7f. */
    static String end(String prefix) {
        int last = prefix.length() - 1;
        return prefix.substring(0, last) + (char) (prefix.charAt(last) + 1);
    }

    static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
