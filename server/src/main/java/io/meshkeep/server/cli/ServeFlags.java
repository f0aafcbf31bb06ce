package io.meshkeep.server.cli;

import static io.meshkeep.server.cli.Flag.Kind.BOOLEAN;
import static io.meshkeep.server.cli.Flag.Kind.COUNT;
import static io.meshkeep.server.cli.Flag.Kind.DURATION;
import static io.meshkeep.server.cli.Flag.Kind.NUMBER;
import static io.meshkeep.server.cli.Flag.Kind.TEXT;

import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.cli.Flag.Group;
import io.meshkeep.server.cli.Flag.Kind;
import io.meshkeep.server.cli.Flag.Support;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The flags of {@code meshkeep serve}: those of etcd 3.4 to 3.6 and a few of our own. Parsing, help and
 * {@code docs/configuration.md} all come from this table.
 */
final class ServeFlags {
    private static final Support USED = new Support.Used();
    private static final Support NO_EFFECT = new Support.NoEffect();
    private static final Support NO_DISCOVERY =
            new Support.Only(Set.of(""), "cluster discovery is not supported: the server is a single member");

    private static final String NO_PEERS = "No peer port is opened: the server is a single member.";
    private static final String NO_RAFT = "There is no Raft log to tune.";
    private static final String NO_BBOLT = "Data is kept in RocksDB, not bbolt.";
    private static final String NO_TRACING = "No traces are sent.";
    private static final String NO_V2 = "The v2 API and its proxy do not exist here.";
    private static final String NO_LOG_ROTATION = "Log files are not rotated; use logrotate with copytruncate.";

    private static final Map<String, Flag> BY_NAME = new LinkedHashMap<>();
    private static final Map<String, Flag> BY_NAME_OR_ALIAS = new LinkedHashMap<>();

    static {
        member();
        clustering();
        security();
        auth();
        monitoring();
        logging();
        unsafe();
        own();
    }

    private ServeFlags() {}

    /** Every flag once, in the order of the help text. */
    static Collection<Flag> all() {
        return BY_NAME.values();
    }

    /** Every name and alias with its flag, names first where both exist. */
    static Map<String, Flag> byNameOrAlias() {
        return BY_NAME_OR_ALIAS;
    }

    /** The flag with this name or alias, or null. */
    static Flag find(String nameOrAlias) {
        return BY_NAME_OR_ALIAS.get(nameOrAlias);
    }

    private static void member() {
        Group group = Group.MEMBER;
        add(group, "name", TEXT, "default", USED, "Name of this member.");
        add(group, "data-dir", TEXT, "${name}.etcd", USED, "Directory that holds the data; made if it is missing.");
        add(
                group,
                "listen-client-urls",
                TEXT,
                "http://127.0.0.1:2379",
                USED,
                "URLs to serve gRPC and HTTP on, comma-separated. Host names and port 0 are accepted too.");
        add(
                group,
                "listen-client-http-urls",
                TEXT,
                "",
                only("HTTP and gRPC share one port; metrics and health can move with --listen-metrics-urls", ""),
                "Must be empty: HTTP and gRPC share one port.");
        add(
                group,
                "quota-backend-bytes",
                NUMBER,
                "0",
                USED,
                "Size of the data at which writes stop with NOSPACE; 0 is 2 GiB, negative is no limit.");
        add(group, "max-txn-ops", COUNT, "128", USED, "Most operations in a transaction.");
        add(group, "max-request-bytes", COUNT, "1572864", USED, "Largest write request in bytes.");
        add(group, "max-concurrent-streams", COUNT, "4294967295", USED, "Most concurrent streams on one connection.");
        add(
                group,
                "grpc-keepalive-min-time",
                DURATION,
                "5s",
                USED,
                "Least time between a client's pings; a client that pings more often is disconnected.");
        add(
                group,
                "grpc-keepalive-interval",
                DURATION,
                "2h",
                USED,
                "Idle time after which the server pings a client; 0 is never.");
        add(
                group,
                "grpc-keepalive-timeout",
                DURATION,
                "20s",
                USED,
                "Time to wait for the answer to a ping before closing the connection; 0 turns pings off.");
        add(
                group,
                "heartbeat-interval",
                COUNT,
                "100",
                USED,
                "Milliseconds. Only rounds the minimum lease TTL, as it does in etcd.");
        add(
                group,
                "election-timeout",
                COUNT,
                "1000",
                USED,
                "Milliseconds. The minimum lease TTL is one and a half times this, rounded up to a second.");
        add(
                group,
                "auto-compaction-mode",
                TEXT,
                "periodic",
                USED,
                "How --auto-compaction-retention is read: periodic (a time) or revision (a number of revisions).");
        add(
                group,
                "auto-compaction-retention",
                TEXT,
                "0",
                USED,
                "History to keep; 0 is all. periodic: hours, or a duration such as 5m. revision: a number; durations "
                        + "are refused.");
        add(
                group,
                "compaction-batch-limit",
                COUNT,
                "1000",
                USED,
                "Most revisions that one slice of a compaction deletes.",
                "experimental-compaction-batch-limit");
        add(
                group,
                "compaction-sleep-interval",
                DURATION,
                "10ms",
                USED,
                "Pause between two slices of a compaction.",
                "experimental-compaction-sleep-interval");
        add(
                group,
                "watch-progress-notify-interval",
                DURATION,
                "10m",
                USED,
                "How often an idle watch that asked for progress is told.",
                "experimental-watch-progress-notify-interval");
        add(group, "wal-dir", TEXT, "", NO_EFFECT, "The log is kept in the data directory.");
        add(group, "snapshot-count", COUNT, "10000", NO_EFFECT, NO_RAFT);
        add(
                group,
                "snapshot-catchup-entries",
                COUNT,
                "5000",
                NO_EFFECT,
                NO_RAFT,
                "experimental-snapshot-catchup-entries");
        add(group, "max-snapshots", COUNT, "5", NO_EFFECT, NO_RAFT);
        add(group, "max-wals", COUNT, "5", NO_EFFECT, NO_RAFT);
        add(group, "initial-election-tick-advance", BOOLEAN, "true", NO_EFFECT, NO_RAFT);
        add(group, "raft-read-timeout", DURATION, "5s", NO_EFFECT, NO_PEERS);
        add(group, "raft-write-timeout", DURATION, "5s", NO_EFFECT, NO_PEERS);
        add(group, "backend-bbolt-freelist-type", TEXT, "map", NO_EFFECT, NO_BBOLT);
        add(group, "backend-batch-interval", DURATION, "0s", NO_EFFECT, NO_BBOLT);
        add(group, "backend-batch-limit", COUNT, "0", NO_EFFECT, NO_BBOLT);
        add(
                group,
                "bootstrap-defrag-threshold-megabytes",
                COUNT,
                "0",
                NO_EFFECT,
                NO_BBOLT,
                "experimental-bootstrap-defrag-threshold-megabytes");
        add(group, "socket-reuse-port", BOOLEAN, "false", NO_EFFECT, "A port is never shared.");
        add(
                group,
                "socket-reuse-address",
                BOOLEAN,
                "false",
                NO_EFFECT,
                "Always on: a restart can listen again at once.");
        add(group, "memory-mlock", BOOLEAN, "false", NO_EFFECT, "Memory is not locked.", "experimental-memory-mlock");
        add(group, "enable-grpc-gateway", BOOLEAN, "true", NO_EFFECT, "The JSON gateway under /v3 is not built yet.");
        add(
                group,
                "feature-gates",
                TEXT,
                "",
                NO_EFFECT,
                "None of etcd's feature gates names something that can be switched here.");
    }

    private static void clustering() {
        Group group = Group.CLUSTERING;
        add(
                group,
                "advertise-client-urls",
                TEXT,
                "",
                USED,
                "Client URLs told to clients that ask for the members. Empty, and not required: the URLs listened on.");
        add(
                group,
                "initial-advertise-peer-urls",
                TEXT,
                "http://localhost:2380",
                USED,
                "Peer URLs told to clients that ask for the members. Nothing listens there.");
        add(group, "listen-peer-urls", TEXT, "http://localhost:2380", NO_EFFECT, NO_PEERS);
        add(
                group,
                "initial-cluster",
                TEXT,
                "",
                USED,
                "If given, it must name this member alone: several servers started as one cluster would drift apart.");
        add(
                group,
                "initial-cluster-state",
                TEXT,
                "new",
                USED,
                "new or existing. Both open what the data directory holds, and start it if it is empty.");
        add(
                group,
                "initial-cluster-token",
                TEXT,
                "etcd-cluster",
                USED,
                "Goes into the cluster id when an empty data directory is first used.");
        add(group, "strict-reconfig-check", BOOLEAN, "true", NO_EFFECT, "The last member can never be removed.");
        add(group, "pre-vote", BOOLEAN, "true", NO_EFFECT, "A single member holds no elections.");
        add(group, "max-learners", COUNT, "1", NO_EFFECT, "There are no learners.", "experimental-max-learners");
        add(
                group,
                "downgrade-check-time",
                DURATION,
                "5s",
                NO_EFFECT,
                "A single member has nothing to agree on.",
                "experimental-downgrade-check-time");
        for (String name : List.of(
                "discovery",
                "discovery-srv",
                "discovery-srv-name",
                "discovery-endpoints",
                "discovery-token",
                "discovery-cert",
                "discovery-key",
                "discovery-cacert",
                "discovery-user",
                "discovery-password")) {
            add(group, name, TEXT, "", NO_DISCOVERY, "Must be empty: there is no cluster to discover.");
        }
        add(group, "discovery-fallback", TEXT, "exit", NO_EFFECT, "Discovery is not supported.");
        add(group, "discovery-proxy", TEXT, "", NO_EFFECT, "Discovery is not supported.");
        for (String name : List.of(
                "discovery-dial-timeout",
                "discovery-request-timeout",
                "discovery-keepalive-time",
                "discovery-keepalive-timeout")) {
            add(group, name, DURATION, "", NO_EFFECT, "Discovery is not supported.");
        }
        add(group, "discovery-insecure-transport", BOOLEAN, "true", NO_EFFECT, "Discovery is not supported.");
        add(group, "discovery-insecure-skip-tls-verify", BOOLEAN, "false", NO_EFFECT, "Discovery is not supported.");
        add(group, "enable-v2", BOOLEAN, "false", only("the v2 API is not supported", "false"), NO_V2);
        add(group, "experimental-enable-v2v3", TEXT, "", only("the v2 API is not supported", ""), NO_V2);
        add(group, "v2-deprecation", TEXT, "", NO_EFFECT, NO_V2);
        add(group, "proxy", TEXT, "off", only("the v2 proxy is not supported", "off", "false", ""), NO_V2);
        for (String name : List.of(
                "proxy-failure-wait",
                "proxy-refresh-interval",
                "proxy-dial-timeout",
                "proxy-write-timeout",
                "proxy-read-timeout")) {
            add(group, name, COUNT, "", NO_EFFECT, NO_V2);
        }
    }

    private static void security() {
        Group group = Group.SECURITY;
        add(
                group,
                "cert-file",
                TEXT,
                "",
                USED,
                "Certificate of the server, then those of intermediate authorities. Read again when the file changes, as"
                        + " all of these files.");
        add(group, "key-file", TEXT, "", USED, "Its key: PKCS#8, PKCS#1 or SEC1, not encrypted.");
        add(
                group,
                "trusted-ca-file",
                TEXT,
                "",
                USED,
                "Authorities of clients, one or many. If given, clients must show a certificate.");
        add(
                group,
                "client-cert-auth",
                BOOLEAN,
                "false",
                USED,
                "The common name of a client's certificate is its user. Needs --trusted-ca-file.");
        add(group, "client-crl-file", TEXT, "", USED, "Revoked certificates of clients.");
        add(group, "client-cert-allowed-cn", TEXT, "", USED, "Only clients whose certificate has this common name.");
        add(
                group,
                "client-cert-allowed-hostname",
                TEXT,
                "",
                USED,
                "Only clients whose certificate is for this host name.");
        add(
                group,
                "auto-tls",
                BOOLEAN,
                "false",
                USED,
                "Make a certificate that signs itself, in the data directory. Encrypts, and proves nothing.");
        add(group, "self-signed-cert-validity", COUNT, "1", USED, "How long that certificate is valid, in years.");
        add(group, "tls-min-version", TEXT, "TLS1.2", USED, "Least version of TLS: TLS1.2 or TLS1.3.");
        add(group, "tls-max-version", TEXT, "", USED, "Greatest version of TLS: TLS1.2 or TLS1.3.");
        add(
                group,
                "cipher-suites",
                TEXT,
                "",
                USED,
                "Cipher suites for TLS 1.2, comma-separated, by their IANA names; by default those with forward secrecy"
                        + " and authenticated encryption.");
        for (String name : List.of("client-cert-file", "client-key-file")) {
            add(group, name, TEXT, "", NO_EFFECT, "The server never calls itself over the network.");
        }
        for (String name : List.of(
                "peer-cert-file",
                "peer-key-file",
                "peer-client-cert-file",
                "peer-client-key-file",
                "peer-trusted-ca-file",
                "peer-crl-file",
                "peer-cert-allowed-cn",
                "peer-cert-allowed-hostname")) {
            add(group, name, TEXT, "", NO_EFFECT, NO_PEERS);
        }
        add(group, "peer-client-cert-auth", BOOLEAN, "false", NO_EFFECT, NO_PEERS);
        add(group, "peer-auto-tls", BOOLEAN, "false", NO_EFFECT, NO_PEERS);
        add(
                group,
                "peer-skip-client-san-verification",
                BOOLEAN,
                "false",
                NO_EFFECT,
                NO_PEERS,
                "experimental-peer-skip-client-san-verification");
        add(
                group,
                "cors",
                TEXT,
                "*",
                USED,
                "Origins whose pages may read HTTP answers, comma-separated; empty or * allows all.");
        add(
                group,
                "host-whitelist",
                TEXT,
                "*",
                USED,
                "Host names that cleartext HTTP requests may name, comma-separated; empty or * allows all.");
    }

    private static void auth() {
        Group group = Group.AUTH;
        add(
                group,
                "auth-token",
                TEXT,
                "simple",
                USED,
                "Tokens that users get for their password: simple, or jwt,sign-method=M,pub-key=FILE,priv-key=FILE,ttl=T.");
        add(group, "auth-token-ttl", COUNT, "300", USED, "Seconds that an unused simple token is good; 0 is 300.");
        add(group, "bcrypt-cost", COUNT, "10", USED, "How hard passwords are to hash, from 4 to 31.");
    }

    private static void monitoring() {
        Group group = Group.MONITORING;
        add(group, "metrics", TEXT, "basic", USED, "basic, or extensive for a latency histogram of every gRPC method.");
        add(
                group,
                "listen-metrics-urls",
                TEXT,
                "",
                USED,
                "Further URLs that serve metrics and health checks alone, comma-separated.");
        add(group, "enable-pprof", BOOLEAN, "false", NO_EFFECT, "Go's profiler does not exist here.");
        for (String name : List.of("enable-distributed-tracing")) {
            add(group, name, BOOLEAN, "false", NO_EFFECT, NO_TRACING, "experimental-" + name);
        }
        for (String name : List.of(
                "distributed-tracing-address", "distributed-tracing-service-name", "distributed-tracing-instance-id")) {
            add(group, name, TEXT, "", NO_EFFECT, NO_TRACING, "experimental-" + name);
        }
        add(
                group,
                "distributed-tracing-sampling-rate",
                COUNT,
                "0",
                NO_EFFECT,
                NO_TRACING,
                "experimental-distributed-tracing-sampling-rate");
        add(
                group,
                "warning-apply-duration",
                DURATION,
                "100ms",
                NO_EFFECT,
                "Slow requests show in the metrics.",
                "experimental-warning-apply-duration");
        add(
                group,
                "warning-unary-request-duration",
                DURATION,
                "300ms",
                NO_EFFECT,
                "Slow requests show in the metrics.",
                "experimental-warning-unary-request-duration");
        add(
                group,
                "experimental-initial-corrupt-check",
                BOOLEAN,
                "false",
                NO_EFFECT,
                "There is no other member to compare with.");
        add(
                group,
                "corrupt-check-time",
                DURATION,
                "0s",
                NO_EFFECT,
                "There is no other member to compare with.",
                "experimental-corrupt-check-time");
        add(
                group,
                "experimental-compact-hash-check-enabled",
                BOOLEAN,
                "false",
                NO_EFFECT,
                "There is no other member to compare with.");
        add(
                group,
                "compact-hash-check-time",
                DURATION,
                "1m",
                NO_EFFECT,
                "There is no other member to compare with.",
                "experimental-compact-hash-check-time");
        add(
                group,
                "experimental-enable-lease-checkpoint",
                BOOLEAN,
                "false",
                NO_EFFECT,
                "After a restart a lease has its full TTL again.");
        add(
                group,
                "experimental-enable-lease-checkpoint-persist",
                BOOLEAN,
                "false",
                NO_EFFECT,
                "After a restart a lease has its full TTL again.");
        add(group, "experimental-txn-mode-write-with-shared-buffer", BOOLEAN, "true", NO_EFFECT, NO_BBOLT);
        add(
                group,
                "experimental-stop-grpc-service-on-defrag",
                BOOLEAN,
                "false",
                NO_EFFECT,
                "Defragmentation does not stop the server.");
    }

    private static void logging() {
        Group group = Group.LOGGING;
        add(group, "logger", TEXT, "zap", only("write zap, or leave it out", "zap", ""), "zap, for its form.");
        add(
                group,
                "log-level",
                TEXT,
                "info",
                USED,
                "debug, info, warn, error, panic or fatal; the last three are the same.");
        add(
                group,
                "log-format",
                TEXT,
                "json",
                USED,
                "json or console. The launcher makes console the default where standard error is a terminal.");
        add(
                group,
                "log-outputs",
                TEXT,
                "default",
                USED,
                "default and stderr (the same), stdout or file paths, comma-separated.");
        add(group, "debug", BOOLEAN, "false", USED, "The same as --log-level=debug.");
        add(group, "log-package-levels", TEXT, "", NO_EFFECT, "There is one level.");
        add(group, "disable-log-sampling", BOOLEAN, "false", NO_EFFECT, "Logs are never sampled.");
        add(
                group,
                "enable-log-rotation",
                BOOLEAN,
                "false",
                only("log files are not rotated; use logrotate with copytruncate", "false"),
                NO_LOG_ROTATION);
        add(group, "log-rotation-config-json", TEXT, "", NO_EFFECT, NO_LOG_ROTATION);
    }

    private static void unsafe() {
        Group group = Group.UNSAFE;
        add(
                group,
                "force-new-cluster",
                BOOLEAN,
                "false",
                USED,
                "A single member is a cluster of its own already; the data stays.");
        add(
                group,
                "unsafe-no-fsync",
                BOOLEAN,
                "false",
                USED,
                "Answer writes before they are on disk: a crash of the machine loses them.");
    }

    private static void own() {
        Group group = Group.OWN;
        add(
                group,
                "initial-revision",
                TEXT,
                "1",
                USED,
                "Revision that an empty data directory starts at: a number, or time for the microseconds since 1970, "
                        + "so that a server that lost its data never counts through revisions again.");
        add(
                group,
                "mesh-index",
                BOOLEAN,
                "true",
                USED,
                "Keep indexes of the identities, endpoints, nodes and services of a Cilium mesh, for meshkeep mesh and "
                        + "the gRPC service behind it; they cost memory in proportion to such keys.");
        add(
                group,
                "advertised-version",
                TEXT,
                ServerConfig.DEFAULT_ADVERTISED_VERSION,
                USED,
                "etcd version to tell clients, which switch features on it.");
        add(
                group,
                "users-file",
                TEXT,
                "",
                USED,
                "YAML file with a list users of name and role, as Cilium's users manager reads it: followed while the "
                        + "server runs.");
        add(
                group,
                "config-file",
                TEXT,
                "",
                USED,
                "YAML file with etcd's keys. As in etcd, all other flags and variables are then ignored.");
    }

    private static Support only(String refusal, String... harmless) {
        return new Support.Only(Set.of(harmless), refusal);
    }

    private static void add(
            Group group,
            String name,
            Kind kind,
            String defaultValue,
            Support support,
            String meaning,
            String... aliases) {
        Flag flag = new Flag(group, name, kind, defaultValue, support, meaning, List.of(aliases));
        List<String> names = new ArrayList<>(flag.aliases());
        names.add(0, name);
        BY_NAME.put(name, flag);
        for (String each : names) {
            if (BY_NAME_OR_ALIAS.putIfAbsent(each, flag) != null) {
                throw new IllegalStateException("flag " + each + " is defined twice");
            }
        }
    }
}
