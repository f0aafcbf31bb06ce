package io.meshkeep.server.http;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Health that a test sets. */
final class FakeHealth implements HealthSource {
    volatile List<String> alarms = List.of();
    volatile boolean leader = true;
    volatile boolean learner;
    volatile CompletionStage<Void> linearizable = CompletableFuture.completedFuture(null);
    volatile CompletionStage<Void> serializable = CompletableFuture.completedFuture(null);

    @Override
    public List<String> alarms() {
        return alarms;
    }

    @Override
    public boolean hasLeader() {
        return leader;
    }

    @Override
    public boolean isLearner() {
        return learner;
    }

    @Override
    public CompletionStage<Void> read(boolean fromThisMember) {
        return fromThisMember ? serializable : linearizable;
    }
}
