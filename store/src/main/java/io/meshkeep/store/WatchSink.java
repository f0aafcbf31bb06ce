package io.meshkeep.store;

/** Where the messages of one watch stream go: the transport, seen from the watch engine. */
public interface WatchSink {
    /**
     * Whether the transport takes another message without piling it up. When it becomes ready again it must call
     * {@link WatchStream#ready()}. May be called by any thread.
     */
    boolean isReady();

    /** Sends a message. Called by the watch thread only; must not block. */
    void send(WatchMessage message);

    /**
     * Ends the stream for a reason of the store's: the user who opened it is gone. Called by the watch thread only; must
     * not block. {@link WatchStream#close()} need not be called any more.
     */
    default void end(EtcdError reason) {}
}
