package io.meshkeep.clustermesh.kvstoremesh;

import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import io.meshkeep.server.GoDuration;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The flags of one call, read. Immutable. */
final class MeshOptions {
    private static final Set<String> NO_EFFECT =
            Set.of("etcd.limit", "etcd.keepaliveHeartbeat", "etcd.keepaliveTimeout", "etcd.operator");
    private static final int MAX_PORT = 65_535;

    private final Map<MeshFlag, String> values;
    private final Map<String, String> kvstore;

    private MeshOptions(Map<MeshFlag, String> values, Map<String, String> kvstore) {
        this.values = values;
        this.kvstore = kvstore;
    }

    /**
     * Reads flags, and variables for those that are not given.
     *
     * @throws IllegalArgumentException with one line that says what is wrong
     */
    static MeshOptions parse(List<String> arguments, Map<String, String> environment) {
        Map<MeshFlag, String> values = new EnumMap<>(MeshFlag.class);
        Map<String, String> kvstore = new HashMap<>();
        for (MeshFlag flag : MeshFlag.values()) {
            String variable = environment.get(flag.variable());
            if (flag == MeshFlag.KVSTORE_OPT) {
                kvstore.putAll(pairs(variable == null ? "" : variable));
            } else {
                values.put(flag, variable == null || variable.isEmpty() ? flag.initial() : variable);
            }
        }
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i).equals("-D") ? "--debug" : arguments.get(i);
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            Optional<MeshFlag> named = name.startsWith("--") ? MeshFlag.named(name.substring(2)) : Optional.empty();
            MeshFlag flag = named.orElseThrow(() ->
                    new IllegalArgumentException("kvstoremesh does not know \"" + name + "\"; see kvstoremesh --help"));
            String value;
            if (equals >= 0) {
                value = argument.substring(equals + 1);
            } else if (flag.isBoolean()) {
                value = "true";
            } else if (++i < arguments.size()) {
                value = arguments.get(i);
            } else {
                throw new IllegalArgumentException(name + " needs a value");
            }
            if (flag == MeshFlag.KVSTORE_OPT) {
                kvstore.putAll(pairs(value));
            } else {
                values.put(flag, value);
            }
        }
        return new MeshOptions(values, kvstore);
    }

    private static Map<String, String> pairs(String text) {
        Map<String, String> pairs = new HashMap<>();
        for (String pair : text.split(",")) {
            int equals = pair.indexOf('=');
            if (pair.isBlank()) {
                continue;
            }
            if (equals < 1) {
                throw new IllegalArgumentException("--kvstore-opt: \"" + pair + "\" is not KEY=VALUE");
            }
            String key = pair.substring(0, equals).strip();
            if (!Set.of("etcd.config", "etcd.address", "etcd.qps", "etcd.bootstrapQps", "etcd.maxInflight")
                            .contains(key)
                    && !NO_EFFECT.contains(key)) {
                throw new IllegalArgumentException("--kvstore-opt does not know \"" + key + "\"");
            }
            pairs.put(key, pair.substring(equals + 1).strip());
        }
        return pairs;
    }

    private String text(MeshFlag flag) {
        return values.get(flag);
    }

    private String needed(MeshFlag flag) {
        String value = text(flag);
        if (value.isEmpty()) {
            throw new IllegalArgumentException("--" + flag.flag() + " is needed");
        }
        return value;
    }

    private int number(MeshFlag flag) {
        return number("--" + flag.flag(), needed(flag));
    }

    private static int number(String name, String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + ": \"" + value + "\" is not a number", e);
        }
    }

    private Duration duration(MeshFlag flag) {
        try {
            return GoDuration.parse(text(flag));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--" + flag.flag() + ": " + e.getMessage(), e);
        }
    }

    boolean isOn(MeshFlag flag) {
        return switch (text(flag)) {
            case "1", "t", "T", "true", "TRUE", "True" -> true;
            case "0", "f", "F", "false", "FALSE", "False" -> false;
            default ->
                throw new IllegalArgumentException(
                        "--" + flag.flag() + ": \"" + text(flag) + "\" is neither true nor false");
        };
    }

    String logLevel() {
        return isOn(MeshFlag.DEBUG) ? "debug" : text(MeshFlag.LOG_LEVEL);
    }

    /** What to mirror, and how. */
    KvstoreMeshConfig config() {
        KvstoreMeshConfig.Timing usual = KvstoreMeshConfig.Timing.DEFAULT;
        Duration ttl = duration(MeshFlag.KVSTORE_LEASE_TTL);
        if (ttl.toSeconds() < 25 || ttl.toSeconds() > 86_400) {
            throw new IllegalArgumentException("--kvstore-lease-ttl: it can be from 25s to 24h");
        }
        KvstoreMeshConfig.Timing timing =
                usual.withDrainGrace(duration(MeshFlag.DRAIN_GRACE_PERIOD)).withLeaseTtl(ttl);
        KvstoreMeshConfig.LocalLimits none = KvstoreMeshConfig.LocalLimits.NONE;
        KvstoreMeshConfig.LocalLimits limits = new KvstoreMeshConfig.LocalLimits(
                limit("etcd.qps", none.perSecond()),
                limit("etcd.bootstrapQps", none.bootstrapPerSecond()),
                limit("etcd.maxInflight", none.maxInFlight()));
        return new KvstoreMeshConfig(
                needed(MeshFlag.CLUSTER_NAME),
                number(MeshFlag.CLUSTER_ID),
                number(MeshFlag.MAX_CONNECTED_CLUSTERS),
                Path.of(needed(MeshFlag.CLUSTERMESH_CONFIG)),
                duration(MeshFlag.PER_CLUSTER_READY_TIMEOUT),
                duration(MeshFlag.GLOBAL_READY_TIMEOUT),
                !isOn(MeshFlag.DISABLE_DRAIN_ON_DISCONNECTION),
                limits,
                timing);
    }

    private int limit(String key, int usual) {
        String value = kvstore.get(key);
        return value == null ? usual : number("--kvstore-opt " + key, value);
    }

    /** How to reach the local store. */
    EtcdConfig localStore() throws IOException {
        String file = kvstore.get("etcd.config");
        if (file != null) {
            return EtcdConfig.read(Path.of(file));
        }
        String address = kvstore.get("etcd.address");
        if (address == null) {
            throw new IllegalArgumentException("--kvstore-opt etcd.config=FILE is needed");
        }
        return EtcdConfig.parse("endpoints: [\"" + address.replace("\\", "\\\\").replace("\"", "\\\"") + "\"]");
    }

    InetSocketAddress healthAddress() {
        int port = number(MeshFlag.HEALTH_PORT);
        if (port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("--health-port: " + port + " is no port");
        }
        return new InetSocketAddress(port);
    }

    Optional<InetSocketAddress> apiAddress() {
        return address(MeshFlag.API_SERVE_ADDR);
    }

    Optional<InetSocketAddress> metricsAddress() {
        return address(MeshFlag.PROMETHEUS_SERVE_ADDR);
    }

    /** HOST:PORT, or :PORT for all addresses; an IPv6 address stands in brackets. */
    private Optional<InetSocketAddress> address(MeshFlag flag) {
        String text = text(flag);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("--" + flag.flag() + ": \"" + text + "\" has no port");
        }
        int port = number("--" + flag.flag(), text.substring(colon + 1));
        if (port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("--" + flag.flag() + ": " + port + " is no port");
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        InetSocketAddress address = host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("--" + flag.flag() + ": the host \"" + host + "\" is not known");
        }
        return Optional.of(address);
    }
}
