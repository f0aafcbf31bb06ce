package io.meshkeep.store;

import static io.meshkeep.store.Protobuf.bytesFieldSize;
import static io.meshkeep.store.Protobuf.int64FieldSize;
import static io.meshkeep.store.Protobuf.putBytesHeader;
import static io.meshkeep.store.Protobuf.putInt64Field;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Encodes watch responses: bodies that are shared by all watchers of a group, and what stands before them. */
final class WatchEncoder {
    private static final int TAG_HEADER = 0x0a;
    private static final int TAG_WATCH_ID = 0x10;
    private static final int TAG_CREATED = 0x18;
    private static final int TAG_CANCELED = 0x20;
    private static final int TAG_COMPACT_REVISION = 0x28;
    private static final int TAG_CANCEL_REASON = 0x32;
    private static final int TAG_FRAGMENT = 0x38;
    private static final int TAG_EVENTS = 0x5a;
    private static final int TAG_EVENT_TYPE = 0x08;
    private static final int TAG_EVENT_KV = 0x12;
    private static final int TAG_EVENT_PREV_KV = 0x1a;

    private static final byte[] NOTHING = {};

    private final Storage.Identity identity;
    private final int bodyBytes;

    /** @param bodyBytes size up to which revisions are put into one body */
    WatchEncoder(Storage.Identity identity, int bodyBytes) {
        this.identity = identity;
        this.bodyBytes = bodyBytes;
    }

    int bodyBytes() {
        return bodyBytes;
    }

    /**
     * An encoded run of whole revisions.
     *
     * @param firstRevision revision of the first event
     * @param coversTo every event of the group up to this revision is in this body or an earlier one
     * @param body header and events
     * @param events the events themselves, for the watchers that need another cut
     */
    record Body(long firstRevision, long coversTo, byte[] body, List<WatchEvent> events) {}

    /** An event as a group sends it: with or without the pair before. */
    record WatchEvent(long revision, boolean delete, byte[] kv, byte[] previous) {
        int size() {
            return (delete ? 2 : 0)
                    + bytesFieldSize(kv.length)
                    + (previous == null ? 0 : bytesFieldSize(previous.length));
        }
    }

    /**
     * Cuts events into bodies at revision boundaries.
     *
     * @param events at least one, in order
     * @param coversTo the revision up to which these are all the events of the group
     */
    List<Body> bodies(List<WatchEvent> events, long coversTo) {
        List<Body> bodies = new ArrayList<>(1);
        int from = 0;
        int bytes = 0;
        for (int i = 0; i < events.size(); i++) {
            WatchEvent event = events.get(i);
            int size = bytesFieldSize(event.size());
            boolean newRevision = i > from && event.revision != events.get(i - 1).revision;
            if (newRevision && bytes + size > bodyBytes) {
                bodies.add(body(events.subList(from, i), events.get(i - 1).revision));
                from = i;
                bytes = 0;
            }
            bytes += size;
        }
        bodies.add(body(events.subList(from, events.size()), coversTo));
        return bodies;
    }

    private Body body(List<WatchEvent> events, long coversTo) {
        return new Body(events.get(0).revision, coversTo, encode(coversTo, events), events);
    }

    private byte[] encode(long revision, List<WatchEvent> events) {
        int size = headerSize(revision);
        for (WatchEvent event : events) {
            size += bytesFieldSize(event.size());
        }
        byte[] out = new byte[size];
        int at = putHeader(out, 0, revision);
        for (WatchEvent event : events) {
            at = putBytesHeader(out, at, TAG_EVENTS, event.size());
            if (event.delete) {
                at = putInt64Field(out, at, TAG_EVENT_TYPE, 1);
            }
            at = putBytes(out, at, TAG_EVENT_KV, event.kv);
            if (event.previous != null) {
                at = putBytes(out, at, TAG_EVENT_PREV_KV, event.previous);
            }
        }
        return out;
    }

    private static int putBytes(byte[] out, int at, int tag, byte[] bytes) {
        at = putBytesHeader(out, at, tag, bytes.length);
        System.arraycopy(bytes, 0, out, at, bytes.length);
        return at + bytes.length;
    }

    private int headerSize(long revision) {
        return bytesFieldSize(headerContentSize(revision));
    }

    private int headerContentSize(long revision) {
        return int64FieldSize(identity.clusterId())
                + int64FieldSize(identity.memberId())
                + int64FieldSize(revision)
                + int64FieldSize(identity.term());
    }

    private int putHeader(byte[] out, int at, long revision) {
        at = putBytesHeader(out, at, TAG_HEADER, headerContentSize(revision));
        at = putInt64Field(out, at, 0x08, identity.clusterId());
        at = putInt64Field(out, at, 0x10, identity.memberId());
        at = putInt64Field(out, at, 0x18, revision);
        return putInt64Field(out, at, 0x20, identity.term());
    }

    private static byte[] watchId(long id) {
        byte[] head = new byte[int64FieldSize(id)];
        putInt64Field(head, 0, TAG_WATCH_ID, id);
        return head;
    }

    WatchMessage events(long id, Body body) {
        return new WatchMessage(watchId(id), body.body);
    }

    /** The events of a body in messages of at most {@code maxBytes} (but at least one event), all but the last marked. */
    List<WatchMessage> fragments(long id, Body body, int maxBytes) {
        List<WatchMessage> fragments = new ArrayList<>();
        int from = 0;
        int bytes = 0;
        for (int i = 0; i < body.events.size(); i++) {
            int size = bytesFieldSize(body.events.get(i).size());
            if (i > from && bytes + size >= maxBytes) {
                byte[] head = new byte[int64FieldSize(id) + 2];
                putInt64Field(head, putInt64Field(head, 0, TAG_WATCH_ID, id), TAG_FRAGMENT, 1);
                fragments.add(new WatchMessage(head, encode(body.coversTo, body.events.subList(from, i))));
                from = i;
                bytes = 0;
            }
            bytes += size;
        }
        fragments.add(
                new WatchMessage(watchId(id), encode(body.coversTo, body.events.subList(from, body.events.size()))));
        return fragments;
    }

    WatchMessage created(long id, long revision) {
        return message(id, revision, true, false, 0, null);
    }

    /** The answer to a create that is refused; etcd gives such a watch the id -1. */
    WatchMessage refused(long revision, String reason) {
        return message(-1, revision, true, true, 0, reason);
    }

    WatchMessage canceled(long id, long revision) {
        return message(id, revision, false, true, 0, null);
    }

    /** The end of a watch that needs what is compacted; its header carries no revision, since it was served up to none. */
    WatchMessage compacted(long id, long compactRevision) {
        return message(id, 0, false, true, compactRevision, null);
    }

    /** The end of a watch whose events are there no more, though they should be. */
    WatchMessage lost(long id, String reason) {
        return message(id, 0, false, true, 0, reason);
    }

    WatchMessage progress(long id, long revision) {
        return message(id, revision, false, false, 0, null);
    }

    private WatchMessage message(
            long id, long revision, boolean created, boolean canceled, long compactRevision, String reason) {
        byte[] text = reason == null ? NOTHING : reason.getBytes(StandardCharsets.UTF_8);
        int size = headerSize(revision)
                + int64FieldSize(id)
                + (created ? 2 : 0)
                + (canceled ? 2 : 0)
                + int64FieldSize(compactRevision)
                + (reason == null ? 0 : bytesFieldSize(text.length));
        byte[] out = new byte[size];
        int at = putHeader(out, 0, revision);
        at = putInt64Field(out, at, TAG_WATCH_ID, id);
        at = putInt64Field(out, at, TAG_CREATED, created ? 1 : 0);
        at = putInt64Field(out, at, TAG_CANCELED, canceled ? 1 : 0);
        at = putInt64Field(out, at, TAG_COMPACT_REVISION, compactRevision);
        if (reason != null) {
            putBytes(out, at, TAG_CANCEL_REASON, text);
        }
        return new WatchMessage(out, NOTHING);
    }
}
