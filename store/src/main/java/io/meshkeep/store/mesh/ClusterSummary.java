package io.meshkeep.store.mesh;

/**
 * How much of a cluster an index has, as far as the caller may see it.
 *
 * @param name the cluster's name; empty for the own cluster if no key tells it
 */
public record ClusterSummary(
        Scope scope, String name, long identities, long endpoints, long nodes, long services, long serviceExports) {}
