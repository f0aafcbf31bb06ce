package io.meshkeep.server.rpc;

import io.grpc.Status;
import io.meshkeep.store.EtcdError;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The streams that are open, so that a server that stops can end them itself: with UNAVAILABLE, after which etcd's
 * clients go on at the next endpoint. The transport would cut them with CANCELLED, after which a watch stays dead.
 * Thread-safe.
 */
final class OpenStreams {
    private static final Status STOPPED = Statuses.of(EtcdError.STOPPED);

    private final Set<StreamReply> open = ConcurrentHashMap.newKeySet();
    private volatile boolean stopped;

    void add(StreamReply stream) {
        open.add(stream);
        // looked at after adding, as stop() looks at the set after it has set this
        if (stopped) {
            stream.close(STOPPED);
        }
    }

    void remove(StreamReply stream) {
        open.remove(stream);
    }

    /** Ends all streams, and those that are yet to come. */
    void stop() {
        stopped = true;
        open.forEach(stream -> stream.close(STOPPED));
    }
}
