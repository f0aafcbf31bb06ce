package io.meshkeep.server.metrics;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Objects;

/**
 * The metrics of one server: typed handles to count with, and the text that Prometheus scrapes. Each server has its own
 * registry, so that many can live in a JVM. Thread-safe.
 */
public final class Metrics {
    private final MvccMetrics mvcc;
    private final LeaseMetrics lease;
    private final DiskMetrics disk;
    private final ServerMetrics server;
    private final HealthMetrics health;
    private final GrpcMetrics grpc;
    private final TextExposition exposition;
    private volatile MetricsSource source;

    /**
     * Creates the metrics of a server.
     *
     * @param serverVersion the version that the server advertises, such as {@code 3.5.33}
     * @param extensive whether to keep the histogram of handling times of each RPC ({@code --metrics=extensive})
     */
    public Metrics(String serverVersion, boolean extensive) {
        PrometheusRegistry registry = new PrometheusRegistry();
        Families families = new Families(registry);
        mvcc = new MvccMetrics(families);
        lease = new LeaseMetrics(families);
        disk = new DiskMetrics(families);
        server = new ServerMetrics(families);
        health = new HealthMetrics(families);
        grpc = new GrpcMetrics(families, extensive);
        label(families, "etcd_server_version", "The server's version, as a label.", "server_version", serverVersion);
        label(
                families,
                "etcd_cluster_version",
                "The cluster's version, as a label.",
                "cluster_version",
                majorMinor(serverVersion));
        SourceFamilies.register(families, () -> source);
        ProcessFamilies.register(families);
        exposition = new TextExposition(registry, families.bareCounters());
    }

    /**
     * Names where the gauges read their values. Until then their families are left out.
     *
     * @throws IllegalStateException if there is a source already
     */
    public synchronized void source(MetricsSource newSource) {
        Objects.requireNonNull(newSource, "newSource");
        if (source != null) {
            throw new IllegalStateException("the metrics have a source already");
        }
        source = newSource;
    }

    /** Counts of the key-value store. */
    public MvccMetrics mvcc() {
        return mvcc;
    }

    /** Counts of the leases. */
    public LeaseMetrics lease() {
        return lease;
    }

    /** Times of the disk. */
    public DiskMetrics disk() {
        return disk;
    }

    /** Counts of the request path. */
    public ServerMetrics server() {
        return server;
    }

    /** Counts of the health endpoints. */
    public HealthMetrics health() {
        return health;
    }

    /** Counts of the RPC methods. */
    public GrpcMetrics grpc() {
        return grpc;
    }

    /**
     * Collects everything. Takes milliseconds, reads files under {@code /proc} and allocates some hundred KiB: not for
     * an event loop.
     *
     * @return the metrics in the format that {@link #contentType()} names
     */
    public byte[] scrape() {
        return exposition.write();
    }

    /** The content type of {@link #scrape()}. */
    public String contentType() {
        return TextExposition.CONTENT_TYPE;
    }

    private static void label(Families families, String name, String help, String label, String value) {
        families.labelledGauge(name, help, List.of(label), callback -> callback.call(1, value));
    }

    /** etcd's cluster version has no patch level in this metric. */
    private static String majorMinor(String version) {
        int end = version.indexOf('.', version.indexOf('.') + 1);
        return end < 0 ? version : version.substring(0, end);
    }
}
