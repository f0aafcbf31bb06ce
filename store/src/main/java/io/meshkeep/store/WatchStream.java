package io.meshkeep.store;

import io.meshkeep.proto.WatchCreateRequest;
import java.util.HashMap;
import java.util.Map;

/**
 * The watches of one client stream. The methods may be called by any thread and return at once; the work is done, in
 * the order of the calls, by the watch thread, which is the only one to touch the state.
 */
public final class WatchStream {
    private final WatchHub hub;
    final WatchSink sink;
    final Map<Long, Watcher> watchers = new HashMap<>();
    long nextId;
    boolean closed;

    WatchStream(WatchHub hub, WatchSink sink) {
        this.hub = hub;
        this.sink = sink;
    }

    /** @param done run when the request has been answered, so that the client may be asked for the next one */
    public void create(WatchCreateRequest request, Runnable done) {
        hub.execute(() -> {
            if (!closed) {
                hub.create(this, request);
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
