package io.meshkeep.server.metrics;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What the request path counts, beside gRPC's own figures. Thread-safe. */
public final class ServerMetrics {
    /** How many values of the {@code client_api_version} label are kept apart; clients choose them freely. */
    static final int MAX_CLIENT_VERSIONS = 32;

    private static final String OTHER_VERSIONS = "other";

    private final LongAdder receivedBytes;
    private final LongAdder sentBytes;
    private final LongAdder proposalsFailed;
    private final LongAdder slowApplies;
    private final LongAdder slowReadIndexes;
    private final LongAdder failedReadIndexes;
    private final Map<String, ClientVersion> clientVersions = new ConcurrentHashMap<>();

    private record ClientVersion(LongAdder unary, LongAdder stream) {
        ClientVersion() {
            this(new LongAdder(), new LongAdder());
        }
    }

    ServerMetrics(Families families) {
        receivedBytes = families.counter(
                "etcd_network_client_grpc_received_bytes_total", "Bytes of messages received from gRPC clients.");
        sentBytes = families.counter(
                "etcd_network_client_grpc_sent_bytes_total", "Bytes of messages sent to gRPC clients.");
        proposalsFailed = families.counter("etcd_server_proposals_failed_total", "Commands that were not committed.");
        slowApplies = families.counter("etcd_server_slow_apply_total", "Commands that took too long to apply.");
        slowReadIndexes = families.counter(
                "etcd_server_slow_read_indexes_total", "Linearizable reads that waited too long for their turn.");
        failedReadIndexes =
                families.counter("etcd_server_read_indexes_failed_total", "Linearizable reads that got no turn.");
        families.labelledCounter(
                "etcd_server_client_requests_total",
                "Requests, by the API version that the client states.",
                List.of("type", "client_api_version"),
                callback -> clientVersions.forEach((version, counts) -> {
                    // etcd creates each series with its first request.
                    callIfAny(callback, counts.unary().sum(), "unary", version);
                    callIfAny(callback, counts.stream().sum(), "stream", version);
                }));
    }

    private static void callIfAny(CounterWithCallback.Callback callback, long value, String type, String version) {
        if (value > 0) {
            callback.call(value, type, version);
        }
    }

    /** Bytes of gRPC messages received, without framing. */
    public LongAdder receivedBytes() {
        return receivedBytes;
    }

    /** Bytes of gRPC messages sent, without framing. */
    public LongAdder sentBytes() {
        return sentBytes;
    }

    /** Commands that were taken in and not committed. */
    public LongAdder proposalsFailed() {
        return proposalsFailed;
    }

    /** Commands that took too long to apply (etcd warns at 100 ms). */
    public LongAdder slowApplies() {
        return slowApplies;
    }

    /** Linearizable reads that waited too long. */
    public LongAdder slowReadIndexes() {
        return slowReadIndexes;
    }

    /** Linearizable reads that failed to be ordered. */
    public LongAdder failedReadIndexes() {
        return failedReadIndexes;
    }

    /**
     * Counts a unary request.
     *
     * @param clientApiVersion the {@code client-api-version} header, valid UTF-8, or {@code unknown} without one
     */
    public void unaryRequest(String clientApiVersion) {
        version(clientApiVersion).unary().increment();
    }

    /**
     * Counts the opening of a stream.
     *
     * @param clientApiVersion the {@code client-api-version} header, valid UTF-8, or {@code unknown} without one
     */
    public void streamRequest(String clientApiVersion) {
        version(clientApiVersion).stream().increment();
    }

    private ClientVersion version(String name) {
        ClientVersion known = clientVersions.get(name);
        if (known != null) {
            return known;
        }
        // A race may let a few more in; what matters is that there is an end to it.
        String kept = clientVersions.size() < MAX_CLIENT_VERSIONS ? name : OTHER_VERSIONS;
        return clientVersions.computeIfAbsent(kept, ignored -> new ClientVersion());
    }
}
