package io.meshkeep.store;

import io.meshkeep.store.WatchEncoder.Body;
import java.util.List;

/** Events that watchers of one group missed, encoded; all of them up to a revision. Immutable, but for its holders. */
final class Found {
    private final List<Body> bodies;
    private final long coversTo;
    private final long encodedBytes;

    /** Watchers for which {@link Unsent} keeps it; touched by the watch thread only. */
    int holders;

    /** @param coversTo every event of the group up to this revision is in these bodies, from where they begin */
    Found(List<Body> bodies, long coversTo) {
        this.bodies = bodies;
        this.coversTo = coversTo;
        this.encodedBytes =
                bodies.stream().mapToLong(body -> body.body().length).sum();
    }

    List<Body> bodies() {
        return bodies;
    }

    long coversTo() {
        return coversTo;
    }

    long encodedBytes() {
        return encodedBytes;
    }
}
