package io.meshkeep.loadtest.workload;

import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.load.ClosedLoop;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.OpenLoop;
import io.meshkeep.loadtest.load.Operation;

/** Turns an operation into a load, by callers or by the clock. */
final class Loads {
    /** With a rate, calls on their way at most; beyond it they wait, and their time runs. */
    private static final int MOST_IN_FLIGHT = 10_000;

    private Loads() {}

    static Load of(EtcdClient client, Operation<?> operation, int callers, long rate) {
        return rate == 0
                ? new ClosedLoop<>(client, operation, callers)
                : new OpenLoop<>(client, operation, rate, MOST_IN_FLIGHT);
    }
}
