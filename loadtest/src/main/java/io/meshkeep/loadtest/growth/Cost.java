package io.meshkeep.loadtest.growth;

/**
 * What one server did at one size.
 *
 * @param server its name
 * @param workload what was done
 * @param axis {@code keys} or {@code watchers}
 * @param size how many of them there were
 * @param perSecond operations in a second
 * @param p99Millis latency
 * @param cpuMicros processor time of the server for an operation
 */
record Cost(
        String server, String workload, String axis, int size, double perSecond, double p99Millis, double cpuMicros) {}
