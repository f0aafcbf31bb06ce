package io.meshkeep.server;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Everything that one server is started with. Immutable; made by a {@link Builder}, whose {@link Builder#build()}
 * checks it. The defaults, names and meanings are those of etcd's flags, unless said otherwise.
 */
public final class ServerConfig {
    /** What {@code --quota-backend-bytes 0} stands for. */
    public static final long DEFAULT_QUOTA_BYTES = 2L * 1024 * 1024 * 1024;

    /** The etcd version that a server claims unless told otherwise. Clients switch features on it. */
    public static final String DEFAULT_ADVERTISED_VERSION = "3.5.33";

    private static final long MAX_UINT32 = 0xFFFF_FFFFL;
    private static final Duration MAX_ELECTION_TIMEOUT = Duration.ofSeconds(50);
    private static final int MAX_REQUEST_BYTES = 1 << 30;
    private static final Duration MAX_TOKEN_TTL = Duration.ofDays(3650);
    private static final Pattern VERSION = Pattern.compile("(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)([-+].+)?");

    private final String name;
    private final Path dataDir;
    private final List<ListenUrl> listenClientUrls;
    private final List<String> advertiseClientUrls;
    private final List<String> initialAdvertisePeerUrls;
    private final List<ListenUrl> listenMetricsUrls;
    private final String initialClusterToken;
    private final long quotaBackendBytes;
    private final int maxTxnOps;
    private final int maxRequestBytes;
    private final long maxConcurrentStreams;
    private final Duration grpcKeepAliveMinTime;
    private final Duration grpcKeepAliveInterval;
    private final Duration grpcKeepAliveTimeout;
    private final Duration heartbeatInterval;
    private final Duration electionTimeout;
    private final AutoCompaction autoCompaction;
    private final int compactionBatchLimit;
    private final Duration compactionSleepInterval;
    private final Duration watchProgressNotifyInterval;
    private final boolean unsafeNoFsync;
    private final InitialRevision initialRevision;
    private final boolean meshIndex;
    private final String advertisedVersion;
    private final MetricsDetail metrics;
    private final boolean forceNewCluster;
    private final Set<String> corsOrigins;
    private final Set<String> hostWhitelist;
    private final Optional<TlsConfig> tls;
    private final Optional<Duration> selfSignedValidity;
    private final String authToken;
    private final Duration authTokenTtl;
    private final int bcryptCost;
    private final Path usersFile;
    private final boolean trustInProcess;

    private ServerConfig(Builder builder) {
        name = builder.name;
        dataDir = builder.dataDir == null ? Path.of(builder.name + ".etcd") : builder.dataDir;
        listenClientUrls = builder.listenClientUrls;
        advertiseClientUrls = builder.advertiseClientUrls;
        initialAdvertisePeerUrls = builder.initialAdvertisePeerUrls;
        listenMetricsUrls = builder.listenMetricsUrls;
        initialClusterToken = builder.initialClusterToken;
        quotaBackendBytes = builder.quotaBackendBytes;
        maxTxnOps = builder.maxTxnOps;
        maxRequestBytes = builder.maxRequestBytes;
        maxConcurrentStreams = builder.maxConcurrentStreams;
        grpcKeepAliveMinTime = builder.grpcKeepAliveMinTime;
        grpcKeepAliveInterval = builder.grpcKeepAliveInterval;
        grpcKeepAliveTimeout = builder.grpcKeepAliveTimeout;
        heartbeatInterval = builder.heartbeatInterval;
        electionTimeout = builder.electionTimeout;
        autoCompaction = builder.autoCompaction;
        compactionBatchLimit = builder.compactionBatchLimit;
        compactionSleepInterval = builder.compactionSleepInterval;
        watchProgressNotifyInterval = builder.watchProgressNotifyInterval;
        unsafeNoFsync = builder.unsafeNoFsync;
        initialRevision = builder.initialRevision;
        meshIndex = builder.meshIndex;
        advertisedVersion = builder.advertisedVersion;
        metrics = builder.metrics;
        forceNewCluster = builder.forceNewCluster;
        corsOrigins = builder.corsOrigins;
        hostWhitelist = builder.hostWhitelist;
        tls = builder.tls;
        selfSignedValidity = builder.selfSignedValidity;
        authToken = builder.authToken;
        authTokenTtl = builder.authTokenTtl;
        bcryptCost = builder.bcryptCost;
        usersFile = builder.usersFile;
        trustInProcess = builder.trustInProcess;
    }

    /** A builder that holds the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that holds this configuration. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** The member's name, as MemberList tells it. */
    public String name() {
        return name;
    }

    /** Where the data lives; {@code <name>.etcd} in the working directory unless it was set. */
    public Path dataDir() {
        return dataDir;
    }

    /** Where clients are served; at least one. */
    public List<ListenUrl> listenClientUrls() {
        return listenClientUrls;
    }

    /** The client URLs that MemberList tells; empty stands for the URLs really listened on. */
    public List<String> advertiseClientUrls() {
        return advertiseClientUrls;
    }

    /** The peer URLs that MemberList tells. Nothing listens there: the server is the only member. */
    public List<String> initialAdvertisePeerUrls() {
        return initialAdvertisePeerUrls;
    }

    /** Where metrics and health checks are served besides the client URLs; usually empty. */
    public List<ListenUrl> listenMetricsUrls() {
        return listenMetricsUrls;
    }

    /** Goes into the cluster id when a data directory is first used. */
    public String initialClusterToken() {
        return initialClusterToken;
    }

    /** The flag's own value: 0 for the default quota, negative for none. */
    public long quotaBackendBytes() {
        return quotaBackendBytes;
    }

    /** The size in bytes at which the store raises NOSPACE; empty when there is no quota. */
    public OptionalLong quotaBytes() {
        if (quotaBackendBytes < 0) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(quotaBackendBytes == 0 ? DEFAULT_QUOTA_BYTES : quotaBackendBytes);
    }

    /** The most operations in one list of a transaction. */
    public int maxTxnOps() {
        return maxTxnOps;
    }

    /** The largest write request in bytes. The gRPC message limit is 512 KiB above it. */
    public int maxRequestBytes() {
        return maxRequestBytes;
    }

    /** The most HTTP/2 streams on one connection, an unsigned 32-bit number. */
    public long maxConcurrentStreams() {
        return maxConcurrentStreams;
    }

    /** The least time between two pings of a client; 0 permits any rate. */
    public Duration grpcKeepAliveMinTime() {
        return grpcKeepAliveMinTime;
    }

    /** How long a connection is idle before the server pings it; 0 for never. */
    public Duration grpcKeepAliveInterval() {
        return grpcKeepAliveInterval;
    }

    /** How long a pinged client has to answer before its connection is closed; 0 for no server pings at all. */
    public Duration grpcKeepAliveTimeout() {
        return grpcKeepAliveTimeout;
    }

    /** Raft's tick in etcd. Here it only rounds {@link #minLeaseTtlSeconds()} as it does there. */
    public Duration heartbeatInterval() {
        return heartbeatInterval;
    }

    /** Raft's election timeout in etcd. Here it gives the minimum lease TTL and etcd's request timeout. */
    public Duration electionTimeout() {
        return electionTimeout;
    }

    /**
     * The shortest time to live of a lease, in seconds: one and a half election timeouts, counted in whole ticks and
     * rounded up to a second.
     */
    public long minLeaseTtlSeconds() {
        long ticks = electionTimeout.toMillis() / heartbeatInterval.toMillis();
        long millis = 3 * ticks / 2 * heartbeatInterval.toMillis();
        return (millis + 999) / 1000;
    }

    /** When history is compacted without being asked. */
    public AutoCompaction autoCompaction() {
        return autoCompaction;
    }

    /** The most revisions that one slice of a background compaction deletes. */
    public int compactionBatchLimit() {
        return compactionBatchLimit;
    }

    /** The pause between two slices of a background compaction. */
    public Duration compactionSleepInterval() {
        return compactionSleepInterval;
    }

    /** How often an idle watch that asked for progress is told; positive. */
    public Duration watchProgressNotifyInterval() {
        return watchProgressNotifyInterval;
    }

    /** Whether acknowledged writes may be lost in a crash of the machine. */
    public boolean unsafeNoFsync() {
        return unsafeNoFsync;
    }

    /** Whether the store keeps indexes of the keys of a Cilium mesh. */
    public boolean meshIndex() {
        return meshIndex;
    }

    /** Where the revisions of an empty data directory start. Not a flag of etcd's. */
    public InitialRevision initialRevision() {
        return initialRevision;
    }

    /** The etcd version told by Status and {@code /version}, such as {@code 3.5.33}. Not a flag of etcd's. */
    public String advertisedVersion() {
        return advertisedVersion;
    }

    /** How much {@code /metrics} tells. */
    public MetricsDetail metrics() {
        return metrics;
    }

    /** Whether the data directory is to become a cluster of its own; a single member already is one. */
    public boolean forceNewCluster() {
        return forceNewCluster;
    }

    /** The origins whose pages may read HTTP answers; {@code *} or none stands for all. */
    public Set<String> corsOrigins() {
        return corsOrigins;
    }

    /** The host names that cleartext HTTP requests may name, against DNS rebinding; {@code *} or none for all. */
    public Set<String> hostWhitelist() {
        return hostWhitelist;
    }

    /** The certificates for what is listened on with {@code https}; needed if there is any. */
    public Optional<TlsConfig> tls() {
        return tls;
    }

    /** If there is one, certificate and key are made when they are missing or have expired ({@code --auto-tls}). */
    public Optional<Duration> selfSignedValidity() {
        return selfSignedValidity;
    }

    /** Whether a client or metrics URL is TLS. */
    public boolean listensOnTls() {
        return Stream.concat(listenClientUrls.stream(), listenMetricsUrls.stream())
                .anyMatch(ListenUrl::isTls);
    }

    /** The kind of token that a user gets for the password: {@code simple}, or {@code jwt} with its options. */
    public String authToken() {
        return authToken;
    }

    /** How long a simple token is good when it is not used. */
    public Duration authTokenTtl() {
        return authTokenTtl;
    }

    /** How hard passwords are to hash: the work doubles with each step. */
    public int bcryptCost() {
        return bcryptCost;
    }

    /** A file that lists users, as Cilium's {@code users.yaml} does, to be followed; usually empty. */
    public Optional<Path> usersFile() {
        return Optional.ofNullable(usersFile);
    }

    /**
     * Whether callers over the in-process transport are the user root. They are in this process already; callers over the
     * network are never taken for them.
     */
    public boolean trustInProcess() {
        return trustInProcess;
    }

    /** Collects a configuration. Not safe for use by several threads. */
    public static final class Builder {
        private String name = "default";
        private Path dataDir;
        private List<ListenUrl> listenClientUrls = List.of(new ListenUrl(ListenUrl.Scheme.HTTP, "127.0.0.1", 2379));
        private List<String> advertiseClientUrls = List.of();
        private List<String> initialAdvertisePeerUrls = List.of("http://localhost:2380");
        private List<ListenUrl> listenMetricsUrls = List.of();
        private String initialClusterToken = "etcd-cluster";
        private long quotaBackendBytes;
        private int maxTxnOps = 128;
        private int maxRequestBytes = 3 * 512 * 1024;
        private long maxConcurrentStreams = MAX_UINT32;
        private Duration grpcKeepAliveMinTime = Duration.ofSeconds(5);
        private Duration grpcKeepAliveInterval = Duration.ofHours(2);
        private Duration grpcKeepAliveTimeout = Duration.ofSeconds(20);
        private Duration heartbeatInterval = Duration.ofMillis(100);
        private Duration electionTimeout = Duration.ofSeconds(1);
        private AutoCompaction autoCompaction = AutoCompaction.OFF;
        private int compactionBatchLimit = 1000;
        private Duration compactionSleepInterval = Duration.ofMillis(10);
        private Duration watchProgressNotifyInterval = Duration.ofMinutes(10);
        private boolean unsafeNoFsync;
        private InitialRevision initialRevision = InitialRevision.DEFAULT;
        private boolean meshIndex = true;
        private String advertisedVersion = DEFAULT_ADVERTISED_VERSION;
        private MetricsDetail metrics = MetricsDetail.BASIC;
        private boolean forceNewCluster;
        private Set<String> corsOrigins = Set.of("*");
        private Set<String> hostWhitelist = Set.of("*");
        private Optional<TlsConfig> tls = Optional.empty();
        private Optional<Duration> selfSignedValidity = Optional.empty();
        private String authToken = "simple";
        private Duration authTokenTtl = Duration.ofMinutes(5);
        private int bcryptCost = 10;
        private Path usersFile;
        private boolean trustInProcess;

        private Builder() {}

        private Builder(ServerConfig config) {
            name = config.name;
            dataDir = config.dataDir;
            listenClientUrls = config.listenClientUrls;
            advertiseClientUrls = config.advertiseClientUrls;
            initialAdvertisePeerUrls = config.initialAdvertisePeerUrls;
            listenMetricsUrls = config.listenMetricsUrls;
            initialClusterToken = config.initialClusterToken;
            quotaBackendBytes = config.quotaBackendBytes;
            maxTxnOps = config.maxTxnOps;
            maxRequestBytes = config.maxRequestBytes;
            maxConcurrentStreams = config.maxConcurrentStreams;
            grpcKeepAliveMinTime = config.grpcKeepAliveMinTime;
            grpcKeepAliveInterval = config.grpcKeepAliveInterval;
            grpcKeepAliveTimeout = config.grpcKeepAliveTimeout;
            heartbeatInterval = config.heartbeatInterval;
            electionTimeout = config.electionTimeout;
            autoCompaction = config.autoCompaction;
            compactionBatchLimit = config.compactionBatchLimit;
            compactionSleepInterval = config.compactionSleepInterval;
            watchProgressNotifyInterval = config.watchProgressNotifyInterval;
            unsafeNoFsync = config.unsafeNoFsync;
            initialRevision = config.initialRevision;
            meshIndex = config.meshIndex;
            advertisedVersion = config.advertisedVersion;
            metrics = config.metrics;
            forceNewCluster = config.forceNewCluster;
            corsOrigins = config.corsOrigins;
            hostWhitelist = config.hostWhitelist;
            tls = config.tls;
            selfSignedValidity = config.selfSignedValidity;
            authToken = config.authToken;
            authTokenTtl = config.authTokenTtl;
            bcryptCost = config.bcryptCost;
            usersFile = config.usersFile;
            trustInProcess = config.trustInProcess;
        }

        /** See {@link ServerConfig#name()}. */
        public Builder name(String value) {
            name = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#dataDir()}. */
        public Builder dataDir(Path value) {
            dataDir = Objects.requireNonNull(value);
            return this;
        }

        /** Serves clients on this address alone, without TLS; port 0 lets the system choose. */
        public Builder listen(String host, int port) {
            return listenClientUrls(List.of(new ListenUrl(ListenUrl.Scheme.HTTP, host, port)));
        }

        /** Serves clients on this address alone, over TLS; port 0 lets the system choose. */
        public Builder listenTls(String host, int port, TlsConfig value) {
            tls(value);
            return listenClientUrls(List.of(new ListenUrl(ListenUrl.Scheme.HTTPS, host, port)));
        }

        /** See {@link ServerConfig#tls()}. */
        public Builder tls(TlsConfig value) {
            tls = Optional.of(value);
            return this;
        }

        /** See {@link ServerConfig#selfSignedValidity()}. */
        public Builder selfSignedValidity(Duration value) {
            selfSignedValidity = Optional.of(value);
            return this;
        }

        /** See {@link ServerConfig#listenClientUrls()}. */
        public Builder listenClientUrls(List<ListenUrl> value) {
            listenClientUrls = List.copyOf(value);
            return this;
        }

        /** See {@link ServerConfig#advertiseClientUrls()}. */
        public Builder advertiseClientUrls(List<String> value) {
            advertiseClientUrls = List.copyOf(value);
            return this;
        }

        /** See {@link ServerConfig#initialAdvertisePeerUrls()}. */
        public Builder initialAdvertisePeerUrls(List<String> value) {
            initialAdvertisePeerUrls = List.copyOf(value);
            return this;
        }

        /** See {@link ServerConfig#listenMetricsUrls()}. */
        public Builder listenMetricsUrls(List<ListenUrl> value) {
            listenMetricsUrls = List.copyOf(value);
            return this;
        }

        /** See {@link ServerConfig#initialClusterToken()}. */
        public Builder initialClusterToken(String value) {
            initialClusterToken = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#quotaBackendBytes()}. */
        public Builder quotaBackendBytes(long value) {
            quotaBackendBytes = value;
            return this;
        }

        /** See {@link ServerConfig#maxTxnOps()}. */
        public Builder maxTxnOps(int value) {
            maxTxnOps = value;
            return this;
        }

        /** See {@link ServerConfig#maxRequestBytes()}. */
        public Builder maxRequestBytes(int value) {
            maxRequestBytes = value;
            return this;
        }

        /** See {@link ServerConfig#maxConcurrentStreams()}. */
        public Builder maxConcurrentStreams(long value) {
            maxConcurrentStreams = value;
            return this;
        }

        /** See {@link ServerConfig#grpcKeepAliveMinTime()}. */
        public Builder grpcKeepAliveMinTime(Duration value) {
            grpcKeepAliveMinTime = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#grpcKeepAliveInterval()}. */
        public Builder grpcKeepAliveInterval(Duration value) {
            grpcKeepAliveInterval = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#grpcKeepAliveTimeout()}. */
        public Builder grpcKeepAliveTimeout(Duration value) {
            grpcKeepAliveTimeout = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#heartbeatInterval()}; whole milliseconds. */
        public Builder heartbeatInterval(Duration value) {
            heartbeatInterval = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#electionTimeout()}; whole milliseconds. */
        public Builder electionTimeout(Duration value) {
            electionTimeout = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#autoCompaction()}. */
        public Builder autoCompaction(AutoCompaction value) {
            autoCompaction = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#compactionBatchLimit()}. */
        public Builder compactionBatchLimit(int value) {
            compactionBatchLimit = value;
            return this;
        }

        /** See {@link ServerConfig#compactionSleepInterval()}. */
        public Builder compactionSleepInterval(Duration value) {
            compactionSleepInterval = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#watchProgressNotifyInterval()}. */
        public Builder watchProgressNotifyInterval(Duration value) {
            watchProgressNotifyInterval = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#unsafeNoFsync()}. */
        public Builder unsafeNoFsync(boolean value) {
            unsafeNoFsync = value;
            return this;
        }

        /** See {@link ServerConfig#meshIndex()}. */
        public Builder meshIndex(boolean value) {
            meshIndex = value;
            return this;
        }

        /** See {@link ServerConfig#initialRevision()}. */
        public Builder initialRevision(InitialRevision value) {
            initialRevision = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#advertisedVersion()}. */
        public Builder advertisedVersion(String value) {
            advertisedVersion = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#metrics()}. */
        public Builder metrics(MetricsDetail value) {
            metrics = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#forceNewCluster()}. */
        public Builder forceNewCluster(boolean value) {
            forceNewCluster = value;
            return this;
        }

        /** See {@link ServerConfig#corsOrigins()}. */
        public Builder corsOrigins(Set<String> value) {
            corsOrigins = Set.copyOf(value);
            return this;
        }

        /** See {@link ServerConfig#authToken()}. */
        public Builder authToken(String value) {
            authToken = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#authTokenTtl()}. */
        public Builder authTokenTtl(Duration value) {
            authTokenTtl = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#bcryptCost()}. */
        public Builder bcryptCost(int value) {
            bcryptCost = value;
            return this;
        }

        /** See {@link ServerConfig#usersFile()}. */
        public Builder usersFile(Path value) {
            usersFile = Objects.requireNonNull(value);
            return this;
        }

        /** See {@link ServerConfig#trustInProcess()}. */
        public Builder trustInProcess(boolean value) {
            trustInProcess = value;
            return this;
        }

        /** See {@link ServerConfig#hostWhitelist()}. */
        public Builder hostWhitelist(Set<String> value) {
            hostWhitelist = Set.copyOf(value);
            return this;
        }

        /**
         * Checks the configuration as a whole.
         *
         * @throws IllegalArgumentException with a one-line message that names the setting as its flag does, without
         *     dashes
         */
        public ServerConfig build() {
            check(!name.isEmpty(), "name must not be empty");
            check(!listenClientUrls.isEmpty(), "listen-client-urls must not be empty");
            checkTls("listen-client-urls", listenClientUrls);
            checkTls("listen-metrics-urls", listenMetricsUrls);
            check(maxTxnOps > 0, "max-txn-ops must be at least 1");
            check(
                    maxRequestBytes > 0 && maxRequestBytes <= MAX_REQUEST_BYTES,
                    "max-request-bytes must be between 1 and " + MAX_REQUEST_BYTES);
            check(
                    maxConcurrentStreams > 0 && maxConcurrentStreams <= MAX_UINT32,
                    "max-concurrent-streams must be between 1 and " + MAX_UINT32);
            checkNotNegative("grpc-keepalive-min-time", grpcKeepAliveMinTime);
            checkNotNegative("grpc-keepalive-interval", grpcKeepAliveInterval);
            checkNotNegative("grpc-keepalive-timeout", grpcKeepAliveTimeout);
            long tick = heartbeatInterval.toMillis();
            long election = electionTimeout.toMillis();
            check(tick > 0, "heartbeat-interval must be at least 1 ms");
            check(
                    electionTimeout.compareTo(MAX_ELECTION_TIMEOUT) <= 0,
                    "election-timeout " + election + " ms is longer than " + MAX_ELECTION_TIMEOUT.toMillis() + " ms");
            check(
                    election / 5 >= tick,
                    "election-timeout " + election + " ms is shorter than 5 times heartbeat-interval " + tick + " ms");
            check(compactionBatchLimit > 0, "compaction-batch-limit must be at least 1");
            checkNotNegative("compaction-sleep-interval", compactionSleepInterval);
            check(watchProgressNotifyInterval.toMillis() > 0, "watch-progress-notify-interval must be at least 1 ms");
            check(
                    !authTokenTtl.isNegative() && authTokenTtl.compareTo(MAX_TOKEN_TTL) <= 0,
                    "auth-token-ttl must be between 0 and " + MAX_TOKEN_TTL.toSeconds() + " seconds");
            check(bcryptCost >= 4 && bcryptCost <= 31, "bcrypt-cost must be between 4 and 31");
            check(
                    VERSION.matcher(advertisedVersion).matches(),
                    "advertised-version \"" + advertisedVersion + "\" is not of the form 3.5.33");
            return new ServerConfig(this);
        }

        private void checkTls(String setting, List<ListenUrl> urls) {
            for (ListenUrl url : urls) {
                check(
                        !url.isTls() || tls.isPresent(),
                        setting + " " + url + " is TLS: it needs cert-file and key-file, or auto-tls");
            }
        }

        private static void checkNotNegative(String setting, Duration value) {
            check(!value.isNegative(), setting + " must not be negative");
        }

        private static void check(boolean holds, String message) {
            if (!holds) {
                throw new IllegalArgumentException(message);
            }
        }
    }
}
