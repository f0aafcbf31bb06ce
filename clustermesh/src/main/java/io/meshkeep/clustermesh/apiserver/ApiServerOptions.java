package io.meshkeep.clustermesh.apiserver;

import io.meshkeep.clustermesh.kvstore.SyncStore;
import io.meshkeep.clustermesh.sync.Cluster;
import io.meshkeep.server.GoDuration;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What {@code meshkeep clustermesh} was told to do. A flag that is none of these is the store's.
 *
 * @param etcdConfig how to reach an etcd elsewhere; empty if the store is in this process
 * @param limits of the writes to an etcd elsewhere; those to the own store have none
 * @param usersFile users to be kept in line with
 * @param remoteClusters a directory of other clusters' configurations; empty if they are not mirrored here
 * @param statusAddress where is told how the mirroring goes
 * @param storeArguments the flags of the store
 */
public record ApiServerOptions(
        Cluster cluster,
        Optional<Path> etcdConfig,
        Limits limits,
        Duration leaseTtl,
        boolean externalWorkloads,
        Optional<Path> usersFile,
        boolean serviceExports,
        boolean endpointSlices,
        String serviceProxyName,
        OptionalInt healthPort,
        Optional<String> metricsAddress,
        Optional<Path> kubeconfig,
        Optional<String> kubernetesUrl,
        Optional<Path> remoteClusters,
        StatusAddress statusAddress,
        boolean debug,
        List<String> storeArguments) {

    /**
     * Where the status of other clusters is served.
     *
     * @param text empty for nowhere
     * @param given whether it was asked for; otherwise it is done without if another process has the address
     */
    public record StatusAddress(String text, boolean given) {}

    /**
     * @param perSecond writes in a second once everything was written for the first time; 0 for no limit
     * @param bootstrapPerSecond and until then
     * @param inFlight writes of each kind without answer
     */
    public record Limits(double perSecond, double bootstrapPerSecond, int inFlight) {}

    private static final Duration MIN_LEASE_TTL = Duration.ofSeconds(25);
    private static final Duration MAX_LEASE_TTL = Duration.ofDays(1);

    /**
     * Reads a command line.
     *
     * @throws IllegalArgumentException with the one line to print
     */
    static ApiServerOptions parse(List<String> arguments, Map<String, String> environment) {
        Reader reader = new Reader();
        reader.readArguments(arguments);
        reader.readEnvironment(environment);
        return reader.options();
    }

    private static final class Reader {
        private final Map<ApiServerFlag, String> values = new EnumMap<>(ApiServerFlag.class);
        private final Map<String, String> kvstoreOptions = new HashMap<>();
        private final List<String> storeArguments = new ArrayList<>();

        void readArguments(List<String> arguments) {
            Deque<String> rest = new ArrayDeque<>(arguments);
            while (!rest.isEmpty()) {
                String argument = rest.remove();
                int equals = argument.indexOf('=');
                String name = equals < 0 ? argument : argument.substring(0, equals);
                ApiServerFlag flag = ApiServerFlag.named(name.replaceFirst("^--?", ""));
                if (!argument.startsWith("-") || flag == null) {
                    storeArguments.add(argument);
                } else if (equals >= 0) {
                    set(flag, argument.substring(equals + 1));
                } else if (flag.isSwitch()) {
                    set(flag, "true");
                } else if (rest.isEmpty()) {
                    throw new IllegalArgumentException("--" + flag.flag() + " needs a value");
                } else {
                    set(flag, rest.remove());
                }
            }
        }

        void readEnvironment(Map<String, String> environment) {
            for (ApiServerFlag flag : ApiServerFlag.values()) {
                String value = environment.getOrDefault(flag.variable(), "");
                if (!value.isEmpty() && !values.containsKey(flag)) {
                    set(flag, value);
                }
            }
        }

        private void set(ApiServerFlag flag, String value) {
            values.put(flag, value);
            if (flag == ApiServerFlag.KVSTORE_OPT) {
                for (String option : value.split(",")) {
                    int equals = option.indexOf('=');
                    if (equals < 0) {
                        throw new IllegalArgumentException("--kvstore-opt takes key=value, not \"" + option + "\"");
                    }
                    kvstoreOptions.put(option.substring(0, equals), option.substring(equals + 1));
                }
            }
        }

        private String text(ApiServerFlag flag) {
            return values.getOrDefault(flag, flag.initial());
        }

        private boolean isOn(ApiServerFlag flag) {
            return switch (text(flag)) {
                case "true", "1", "t", "T", "TRUE", "True" -> true;
                case "false", "0", "f", "F", "FALSE", "False" -> false;
                default -> throw new IllegalArgumentException("--" + flag.flag() + " is true or false");
            };
        }

        private static long number(String name, String text, long most) {
            try {
                long number = Long.parseLong(text);
                if (number >= 0 && number <= most) {
                    return number;
                }
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(name + "=" + text + " is not a number", e);
            }
            throw new IllegalArgumentException(name + "=" + text + " is not between 0 and " + most);
        }

        private int number(ApiServerFlag flag, int most) {
            return (int) number("--" + flag.flag(), text(flag), most);
        }

        private int option(String name, int initial) {
            return (int) number("--kvstore-opt=" + name, kvstoreOptions.getOrDefault(name, "" + initial), 1_000_000);
        }

        private Optional<Path> path(ApiServerFlag flag) {
            return path("--" + flag.flag(), text(flag));
        }

        private static Optional<Path> path(String name, String text) {
            try {
                return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException(name + " is not a path: " + e.getReason(), e);
            }
        }

        private Duration leaseTtl() {
            Duration ttl;
            try {
                ttl = GoDuration.parse(text(ApiServerFlag.KVSTORE_LEASE_TTL));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("--kvstore-lease-ttl: " + e.getMessage(), e);
            }
            if (ttl.compareTo(MIN_LEASE_TTL) < 0 || ttl.compareTo(MAX_LEASE_TTL) > 0) {
                throw new IllegalArgumentException("--kvstore-lease-ttl is not between 25s and 24h");
            }
            return Duration.ofSeconds(ttl.toSeconds());
        }

        ApiServerOptions options() {
            if (!text(ApiServerFlag.KVSTORE).equals("etcd")) {
                throw new IllegalArgumentException("--kvstore is etcd");
            }
            Optional<Path> etcdConfig = path(ApiServerFlag.ETCD_CONFIG)
                    .or(() -> path("etcd.config", kvstoreOptions.getOrDefault("etcd.config", "")));
            int healthPort = number(ApiServerFlag.HEALTH_PORT, 65535);
            String metrics = text(ApiServerFlag.PROMETHEUS_SERVE_ADDR);
            String url = text(ApiServerFlag.API_SERVER);
            boolean exports = isOn(ApiServerFlag.ENABLE_MCS_API);
            Cluster cluster = new Cluster(
                    text(ApiServerFlag.CLUSTER_NAME),
                    number(ApiServerFlag.CLUSTER_ID, 511),
                    number(ApiServerFlag.MAX_CONNECTED_CLUSTERS, 511),
                    Optional.of(exports));
            if (etcdConfig.isPresent() && !storeArguments.isEmpty()) {
                throw new IllegalArgumentException("\"" + storeArguments.get(0)
                        + "\" is no flag of this command without a store of its own (--etcd-config)");
            }
            return new ApiServerOptions(
                    cluster,
                    etcdConfig,
                    new Limits(
                            option("etcd.qps", 20),
                            option("etcd.bootstrapQps", 10_000),
                            Math.max(1, option("etcd.maxInflight", SyncStore.Settings.IN_FLIGHT))),
                    leaseTtl(),
                    isOn(ApiServerFlag.ENABLE_EXTERNAL_WORKLOADS),
                    isOn(ApiServerFlag.CLUSTER_USERS_ENABLED)
                            ? path(ApiServerFlag.CLUSTER_USERS_CONFIG_PATH)
                            : Optional.empty(),
                    exports,
                    isOn(ApiServerFlag.ENABLE_ENDPOINT_SLICE),
                    text(ApiServerFlag.SERVICE_PROXY_NAME),
                    healthPort == 0 ? OptionalInt.empty() : OptionalInt.of(healthPort),
                    metrics.isEmpty() ? Optional.empty() : Optional.of(metrics),
                    path(ApiServerFlag.KUBECONFIG),
                    url.isEmpty() ? Optional.empty() : Optional.of(url),
                    path(ApiServerFlag.CLUSTERMESH_CONFIG),
                    new StatusAddress(
                            text(ApiServerFlag.API_SERVE_ADDR), values.containsKey(ApiServerFlag.API_SERVE_ADDR)),
                    isOn(ApiServerFlag.DEBUG),
                    List.copyOf(storeArguments));
        }
    }
}
