package io.meshkeep.server.mesh;

import io.meshkeep.proto.MeshKind;
import io.meshkeep.proto.MeshWatchRequest;
import io.meshkeep.proto.MeshWatchResponse;
import io.meshkeep.store.Credentials;
import io.meshkeep.store.EtcdError;
import io.meshkeep.store.EtcdException;
import io.meshkeep.store.Snapshot;
import io.meshkeep.store.mesh.MeshChange;
import io.meshkeep.store.mesh.MeshDiff;
import io.meshkeep.store.mesh.MeshEntry;
import io.meshkeep.store.mesh.MeshFilter;
import io.meshkeep.store.mesh.MeshIndex;
import io.meshkeep.store.mesh.MeshQuery;
import io.meshkeep.store.mesh.Page;
import io.meshkeep.store.mesh.SelectorException;
import io.meshkeep.store.mesh.Visibility;

/**
 * One follower of a selection. It holds a place, not a queue: the revision that the client has, the one that it is being
 * taken to, and how far on the way it is. What is missing is worked out from the indexes at those revisions, beginning at
 * that place, so that a long way in many steps costs as much as in one.
 *
 * <p>{@link #advance} is for one thread at a time, which {@link MeshWatches} sees to; the other methods are for any.
 */
public final class MeshWatch {
    private static final int MAX_ENTRIES = 500;
    private static final int ENOUGH_BYTES = 256 << 10;
    private static final long NOTHING = -1;

    private final MeshWatches watches;
    private final MeshWatchSink sink;
    private final MeshKind kind;
    private final MeshFilter filter;
    private final Visibility visibility;
    private final long epoch;

    private volatile boolean closed;

    /** The revision of the last complete response, or {@link #NOTHING}. */
    private long position;

    private String resetReason;
    /** The revision that the client is being taken to, or {@link #NOTHING}. */
    private long target = NOTHING;
    /** On the way to the target: where in the set or the difference the last response ended; null before the first. */
    private MeshDiff.Place sent;

    private long lastSentNanos;

    MeshWatch(
            MeshWatches watches,
            MeshWatchRequest request,
            MeshAccess access,
            Credentials credentials,
            MeshWatchSink sink) {
        this.watches = watches;
        this.sink = sink;
        this.kind = request.getKind();
        if (kind == MeshKind.UNRECOGNIZED) {
            throw MeshRefusal.invalid("there is no such kind of entries");
        }
        this.filter = Selections.filter(request.getSelector(), kind);
        // The number first: if the permissions change in between, the watch ends at once.
        this.epoch = access.epoch();
        this.visibility = new PermittedKeys(access.permit(credentials));
        this.position = NOTHING;
        this.resetReason = "";
        resume(request);
    }

    private void resume(MeshWatchRequest request) {
        long start = request.getStartRevision();
        if (start < 0) {
            throw MeshRefusal.invalid("a revision is not negative");
        }
        if (start == 0) {
            return;
        }
        if (request.getClusterId() != 0
                && request.getClusterId() != watches.store().clusterId()) {
            resetReason = "this is another store";
        } else if (request.getAccessEpoch() != 0 && request.getAccessEpoch() != epoch) {
            resetReason = "the permissions have changed";
        } else if (start > watches.store().snapshot().revision()) {
            resetReason = "revision " + start + " is in the future";
        } else {
            position = start;
        }
    }

    /** The transport has room again. */
    public void ready() {
        watches.wake(this);
    }

    /** The client has gone. */
    public void close() {
        closed = true;
        watches.remove(this);
    }

    boolean isClosed() {
        return closed;
    }

    /** An index that only the disk has is wanted, and this thread must not read the disk. */
    static final class NotAtHand extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotAtHand() {
            super(null, null, false, false);
        }
    }

    /**
     * Sends what the client lacks, as far as the transport has room.
     *
     * @param patient whether the disk may be read
     * @throws NotAtHand if it would have to be; nothing is lost, and another call goes on
     */
    void advance(boolean patient) {
        while (!closed && sink.isReady()) {
            if (watches.access().epoch() != epoch) {
                fail(new MeshRefusal(
                        MeshRefusal.Code.ABORTED, "the permissions have changed; watch again from the beginning"));
                return;
            }
            try {
                if (!step(patient)) {
                    return;
                }
            } catch (EtcdException e) {
                if (e.error() != EtcdError.COMPACTED) {
                    throw e;
                }
                long lost = position == NOTHING ? target : position;
                resetReason = "revision " + lost + " is compacted";
                position = NOTHING;
                target = NOTHING;
                sent = null;
            }
        }
    }

    void fail(RuntimeException failure) {
        closed = true;
        watches.remove(this);
        sink.fail(failure);
    }

    /** Sends one response; false if there is nothing to send. */
    private boolean step(boolean patient) {
        Snapshot now = watches.store().snapshot();
        if (watches.access().epoch() != epoch) {
            // what this snapshot shows may be newer than the permission
            return true;
        }
        if (!now.hasMesh()) {
            fail(MeshRefusal.noIndex());
            return false;
        }
        if (target == NOTHING) {
            if (position == now.revision()) {
                return lastSentNanos == 0 && send(response(position).setComplete(true));
            }
            target = now.revision();
        }
        // of the newest revision the index is always at hand
        MeshIndex after = target == now.revision() ? now.mesh() : index(target, patient);
        MeshQuery query = new MeshQuery(after, filter, visibility);
        if (position == NOTHING) {
            return sendSet(query);
        }
        MeshIndex before = index(position, patient);
        if (before == after && sent == null) {
            position = target;
            target = NOTHING;
            boolean due = lastSentNanos == 0 || System.nanoTime() - lastSentNanos > watches.progressNanos();
            return due && send(response(position).setComplete(true)) || now.revision() != position;
        }
        return sendChanges(new MeshDiff(new MeshQuery(before, filter, visibility), query), query.localCluster());
    }

    private MeshIndex index(long revision, boolean patient) {
        MeshIndex index =
                patient ? watches.store().mesh(revision) : watches.store().meshAtHand(revision);
        if (index == null) {
            throw new NotAtHand();
        }
        return index;
    }

    private MeshWatchResponse.Builder response(long revision) {
        return MeshWatchResponse.newBuilder()
                .setHeader(watches.header(revision))
                .setAccessEpoch(epoch);
    }

    private boolean send(MeshWatchResponse.Builder response) {
        sink.send(response.build());
        lastSentNanos = Math.max(1, System.nanoTime());
        return true;
    }

    private boolean sendSet(MeshQuery query) {
        MeshWatchResponse.Builder response = response(target);
        if (sent == null) {
            response.setReset(true).setResetReason(resetReason);
        }
        MeshMessages messages = new MeshMessages(query.localCluster());
        Page<? extends MeshEntry> page = page(query);
        long bytes = 0;
        boolean more = page.more();
        for (int i = 0; i < page.entries().size(); i++) {
            MeshEntry entry = page.entries().get(i);
            io.meshkeep.proto.MeshEntry message = messages.entry(entry);
            response.addUpserts(message);
            sent = new MeshDiff.Place(0, entry.key());
            bytes += message.getSerializedSize();
            if (bytes >= ENOUGH_BYTES && i < page.entries().size() - 1) {
                more = true;
                break;
            }
        }
        return finish(response, !more);
    }

    private Page<? extends MeshEntry> page(MeshQuery query) {
        String after = sent == null ? null : sent.key();
        try {
            return switch (kind) {
                case MESH_KIND_IDENTITY -> query.identities(after, MAX_ENTRIES);
                case MESH_KIND_NODE -> query.nodes(after, MAX_ENTRIES);
                case MESH_KIND_SERVICE -> query.services(after, MAX_ENTRIES);
                default -> query.endpoints(after, MAX_ENTRIES);
            };
        } catch (SelectorException e) {
            throw new IllegalStateException("an entry's own key is no place in its list", e);
        }
    }

    private boolean sendChanges(MeshDiff diff, String localCluster) {
        MeshDiff.Changes<? extends MeshEntry> changes = MeshAnswers.changes(diff, kind, sent);
        boolean ahead = changes.advance();
        if (!ahead && sent == null) {
            // nothing of this selection has changed; the client is told with the next change, or when it is time
            position = target;
            target = NOTHING;
            boolean due = lastSentNanos == 0 || System.nanoTime() - lastSentNanos > watches.progressNanos();
            return !due || send(response(position).setComplete(true));
        }
        MeshMessages messages = new MeshMessages(localCluster);
        do {
            MeshWatchResponse.Builder response = response(target);
            int count = 0;
            long bytes = 0;
            while (ahead && count < MAX_ENTRIES && bytes < ENOUGH_BYTES) {
                MeshChange<? extends MeshEntry> change = changes.change();
                if (change.after() == null) {
                    response.addRemoved(change.key());
                    bytes += change.key().length();
                } else {
                    io.meshkeep.proto.MeshEntry message = messages.entry(change.after());
                    response.addUpserts(message);
                    bytes += message.getSerializedSize();
                }
                sent = changes.place();
                count++;
                ahead = changes.advance();
            }
            finish(response, !ahead);
        } while (ahead && !closed && sink.isReady());
        return true;
    }

    private boolean finish(MeshWatchResponse.Builder response, boolean complete) {
        if (complete) {
            position = target;
            target = NOTHING;
            sent = null;
            resetReason = "";
        }
        return send(response.setComplete(complete));
    }
}
