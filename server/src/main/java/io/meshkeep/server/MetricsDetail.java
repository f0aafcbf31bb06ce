package io.meshkeep.server;

/** How much {@code /metrics} tells; etcd's {@code --metrics}. */
public enum MetricsDetail {
    /** Counters and gauges, and the latency of the disk. */
    BASIC,
    /** Also a latency histogram for every gRPC method. */
    EXTENSIVE
}
