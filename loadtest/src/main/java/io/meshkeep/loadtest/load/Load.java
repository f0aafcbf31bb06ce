package io.meshkeep.loadtest.load;

import java.util.concurrent.CompletableFuture;

/** Something that keeps a server busy. Both methods are called on the client's event loop, once each. */
public interface Load {
    /** Begins; what is done from now on is reported to the recorder, on the event loop. */
    void start(Recorder recorder);

    /** Begins nothing more. The future ends when nothing is in flight any more. */
    CompletableFuture<Void> stop();
}
