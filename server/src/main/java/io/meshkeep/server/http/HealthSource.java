package io.meshkeep.server.http;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** What the health endpoints ask the server. Called on event loops: nothing here may block. Thread-safe. */
public interface HealthSource {
    /** The alarms that are raised, by etcd's names ({@code NOSPACE}, {@code CORRUPT}), once for each member and alarm. */
    List<String> alarms();

    /** Whether there is a leader. */
    boolean hasLeader();

    /** Whether this member only learns from others. */
    default boolean isLearner() {
        return false;
    }

    /**
     * Tries to read a key.
     *
     * @param serializable whether the answer may be stale; if not, the read must wait for its turn as a linearizable
     *     one does
     * @return completes when the read was done, exceptionally with the error whose message is to be shown
     */
    CompletionStage<Void> read(boolean serializable);
}
