package io.meshkeep.store;

import io.meshkeep.proto.WatchCreateRequest;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The watches of one client stream. The methods may be called by any thread and return at once; the work is done, in
 * the order of the calls, by the watch thread, which is the only one to touch the state.
 */
public final class WatchStream {
    private static final int MAX_COMPACTED_IDS = 10_000;

    private final WatchHub hub;
    final WatchSink sink;
    final Map<Long, Watcher> watchers = new HashMap<>();
    long nextId;

    /**
     * Ids of watches that a compaction ended and that the client has not cancelled since. As in etcd they stay taken: a
     * cancel is still answered, the id cannot be chosen again, and the stream is not told of progress until then.
     */
    private final Set<Long> compactedIds = new LinkedHashSet<>();

    /** What its watches cost together; see {@link Watcher#cost}. */
    long cost;

    boolean closed;

    /** Who watches here, once a watch was permitted to a user; then also when that user was added. */
    String user;

    long userCreated;

    /** Whether the transport has failed; the stream is about to be closed. */
    boolean broken;

    WatchStream(WatchHub hub, WatchSink sink) {
        this.hub = hub;
        this.sink = sink;
    }

    boolean isTaken(long id) {
        return watchers.containsKey(id) || compactedIds.contains(id);
    }

    boolean hasCompacted() {
        return !compactedIds.isEmpty();
    }

    void compacted(long id) {
        compactedIds.add(id);
        if (compactedIds.size() > MAX_COMPACTED_IDS) {
            // a client that never cancels them is not one that relies on the answer
            compactedIds.remove(compactedIds.iterator().next());
        }
    }

    boolean forgetCompacted(long id) {
        return compactedIds.remove(id);
    }

    /** Creates a watch that nobody has to be permitted; else like the other one. */
    public void create(WatchCreateRequest request, Runnable done) {
        create(request, Credentials.SERVER, done);
    }

    /**
     * Creates a watch for who may read all of its range.
     *
     * @param done run when the request has been answered, so that the client may be asked for the next one
     */
    public void create(WatchCreateRequest request, Credentials credentials, Runnable done) {
        hub.execute(() -> {
            if (!closed) {
                hub.create(this, request, credentials);
            }
            done.run();
        });
    }

    /** Cancels a watch; an id that is not in use is ignored, as etcd does. */
    public void cancel(long id, Runnable done) {
        hub.execute(() -> {
            if (!closed) {
                hub.cancel(this, id);
            }
            done.run();
        });
    }

    /** Asks for one progress message over all watches of the stream. */
    public void requestProgress(Runnable done) {
        hub.execute(() -> {
            if (!closed) {
                hub.progress(this);
            }
            done.run();
        });
    }

    /** Says that the sink takes messages again. */
    public void ready() {
        hub.execute(() -> hub.ready(this));
    }

    /** Ends all watches; nothing is sent any more. */
    public void close() {
        hub.execute(() -> hub.close(this));
    }
}
