package io.meshkeep.loadtest.fleet;

import io.meshkeep.loadtest.mesh.MeshShape;

/**
 * How large everything is.
 *
 * @param shape clusters and what each has
 * @param agentsPerCluster agents that follow each cluster, a connection each
 * @param idleSteps into how many steps the idle agents are divided, for the slope of memory
 * @param writesPerSecond of the churn
 * @param churnSeconds how long it takes
 * @param missedWrites changes that agents find when they come back
 * @param expiringLeases leases with a thousand keys each that end at once
 * @param deletedKeys keys of a prefix that is deleted
 * @param seed of keys and values
 */
record Scale(
        MeshShape shape,
        int agentsPerCluster,
        int idleSteps,
        int writesPerSecond,
        int churnSeconds,
        int missedWrites,
        int expiringLeases,
        int deletedKeys,
        long seed) {
    /** Cilium's nightly test, with 20 agents for each cluster. */
    static final Scale NIGHTLY = new Scale(MeshShape.NIGHTLY, 20, 5, 325, 60, 2000, 100, 20_000, 1);

    /** A tenth of it. */
    static final Scale QUICK = new Scale(new MeshShape(25, 100, 100, 1000, 0), 20, 5, 325, 10, 500, 20, 20_000, 1);

    int agents() {
        return shape.clusters() * agentsPerCluster;
    }

    Scale with(int clusters, int perCluster, int rate, int seconds) {
        MeshShape wanted =
                new MeshShape(clusters, shape.nodes(), shape.identities(), shape.endpoints(), shape.services());
        return new Scale(wanted, perCluster, idleSteps, rate, seconds, missedWrites, expiringLeases, deletedKeys, seed);
    }
}
