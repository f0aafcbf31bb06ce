package io.meshkeep.server.mesh;

import io.meshkeep.proto.MeshWatchResponse;

/** The transport of one watch. */
public interface MeshWatchSink {
    /** Whether there is room for another response. When there is again, {@link MeshWatch#ready} is called. */
    boolean isReady();

    /** Sends a response. One thread at a time. */
    void send(MeshWatchResponse response);

    /** Ends the stream with the status of a failure. */
    void fail(RuntimeException failure);
}
