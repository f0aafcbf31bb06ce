package io.meshkeep.server.cli;

import io.meshkeep.server.AutoCompaction;
import io.meshkeep.server.GoDuration;
import io.meshkeep.server.InitialRevision;
import io.meshkeep.server.ListenUrl;
import io.meshkeep.server.MetricsDetail;
import io.meshkeep.server.ServerConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.logging.Level;

/**
 * What {@code meshkeep serve} was told to do.
 *
 * @param config for the server
 * @param logging for the process
 * @param notices lines to log as information once logging works
 * @param warnings lines to log as warnings
 */
public record ServeOptions(ServerConfig config, LogSettings logging, List<String> notices, List<String> warnings) {

    /**
     * Puts command line, environment and configuration file together. As in etcd a configuration file replaces all
     * other flags and variables; without one the command line wins over the environment.
     *
     * @param arguments what follows the command
     * @param environment the process environment
     * @param terminal whether standard error is a terminal; then logs are for people unless told otherwise
     * @throws UsageException with the one line to print, if anything is wrong
     */
    public static ServeOptions parse(List<String> arguments, Map<String, String> environment, boolean terminal)
            throws UsageException {
        Settings settings = CommandLine.parse(arguments);
        List<String> notices = new ArrayList<>();
        String file = configFile(settings, environment);
        if (file.isEmpty()) {
            Environment.addTo(settings, environment);
        } else {
            settings = ConfigFile.read(file);
            notices.add("configuration file " + file + " is used; other flags and environment variables are ignored");
        }
        LogSettings.Format format = terminal ? LogSettings.Format.CONSOLE : LogSettings.Format.JSON;
        ServerConfig config = new Reader(settings).config();
        LogSettings logging = new Reader(settings).logging(format);
        List<String> unused = new ArrayList<>();
        for (Setting setting : settings.all()) {
            if (setting.flag().support() instanceof Flag.Support.NoEffect) {
                unused.add(setting.flag().name());
            }
        }
        if (!unused.isEmpty()) {
            notices.add("accepted without effect: " + String.join(", ", unused));
        }
        return new ServeOptions(config, logging, List.copyOf(notices), settings.warnings());
    }

    private static String configFile(Settings commandLine, Map<String, String> environment) {
        Setting given = commandLine.get("config-file");
        return given != null && !given.value().isEmpty()
                ? given.value()
                : environment.getOrDefault(Flag.environmentVariable("config-file"), "");
    }

    /** Turns checked texts into typed configuration and names the culprit when one does not fit. */
    private static final class Reader {
        private final Settings settings;

        Reader(Settings settings) {
            this.settings = settings;
        }

        ServerConfig config() throws UsageException {
            ServerConfig.Builder config = ServerConfig.builder();
            read("name", text -> text, config::name);
            read("data-dir", Path::of, config::dataDir);
            read("listen-client-urls", Reader::listenUrls, config::listenClientUrls);
            read("listen-metrics-urls", Reader::listenUrls, config::listenMetricsUrls);
            read("advertise-client-urls", Reader::advertisedUrls, config::advertiseClientUrls);
            read("initial-advertise-peer-urls", Reader::advertisedUrls, config::initialAdvertisePeerUrls);
            read("initial-cluster", text -> soleMember(text, name()), ignored -> {});
            read("initial-cluster-state", Reader::clusterState, ignored -> {});
            read("initial-cluster-token", text -> text, config::initialClusterToken);
            read("force-new-cluster", Boolean::valueOf, config::forceNewCluster);
            read("quota-backend-bytes", Long::valueOf, config::quotaBackendBytes);
            read("max-txn-ops", Reader::count, config::maxTxnOps);
            read("max-request-bytes", Reader::count, config::maxRequestBytes);
            read("max-concurrent-streams", Long::valueOf, config::maxConcurrentStreams);
            read("grpc-keepalive-min-time", GoDuration::parse, config::grpcKeepAliveMinTime);
            read("grpc-keepalive-interval", GoDuration::parse, config::grpcKeepAliveInterval);
            read("grpc-keepalive-timeout", GoDuration::parse, config::grpcKeepAliveTimeout);
            read("heartbeat-interval", Reader::milliseconds, config::heartbeatInterval);
            read("election-timeout", Reader::milliseconds, config::electionTimeout);
            read("auto-compaction-mode", this::autoCompaction, config::autoCompaction);
            read("auto-compaction-retention", this::autoCompaction, config::autoCompaction);
            read("compaction-batch-limit", Reader::count, config::compactionBatchLimit);
            read("compaction-sleep-interval", GoDuration::parse, config::compactionSleepInterval);
            read("watch-progress-notify-interval", GoDuration::parse, config::watchProgressNotifyInterval);
            read("unsafe-no-fsync", Boolean::valueOf, config::unsafeNoFsync);
            read("initial-revision", InitialRevision::parse, config::initialRevision);
            read("mesh-index", Boolean::valueOf, config::meshIndex);
            read("advertised-version", text -> text, config::advertisedVersion);
            read("metrics", Reader::metrics, config::metrics);
            read("cors", Reader::names, config::corsOrigins);
            read("host-whitelist", Reader::names, config::hostWhitelist);
            Path dataDir = Path.of(text("data-dir", name() + ".etcd"));
            TlsFlags.read(this::setting, dataDir.resolve("fixtures").resolve("client"))
                    .ifPresent(config::tls);
            if (TlsFlags.isAuto(this::setting)) {
                int years = get("self-signed-cert-validity", Reader::count, 1);
                config.selfSignedValidity(Duration.ofDays(365L * Math.max(1, years)));
            }
            read("auth-token", text -> text, config::authToken);
            read("auth-token-ttl", Reader::tokenTtl, config::authTokenTtl);
            read("bcrypt-cost", Reader::count, config::bcryptCost);
            read("users-file", text -> text, text -> {
                if (!text.isEmpty()) {
                    config.usersFile(Path.of(text));
                }
            });
            try {
                return config.build();
            } catch (IllegalArgumentException bad) {
                throw new UsageException(bad.getMessage(), bad);
            }
        }

        private static Duration tokenTtl(String text) {
            long seconds = Long.parseLong(text);
            return Duration.ofSeconds(seconds == 0 ? 300 : seconds);
        }

        LogSettings logging(LogSettings.Format defaultFormat) throws UsageException {
            Level debug = get("debug", text -> text.equals("true") ? Level.FINE : Level.INFO, Level.INFO);
            Level level = get("log-level", Reader::level, debug);
            LogSettings.Format format = get("log-format", Reader::format, defaultFormat);
            List<String> outputs = get("log-outputs", Reader::outputs, List.of(LogSettings.STDERR));
            return new LogSettings(level, format, outputs);
        }

        private <T> void read(String flag, Function<String, T> parse, Consumer<? super T> use) throws UsageException {
            if (settings.get(flag) != null) {
                use.accept(get(flag, parse, null));
            }
        }

        private <T> T get(String flag, Function<String, T> parse, T defaultValue) throws UsageException {
            Setting setting = settings.get(flag);
            if (setting == null) {
                return defaultValue;
            }
            try {
                return parse.apply(setting.value());
            } catch (IllegalArgumentException bad) {
                throw new UsageException(setting.origin() + ": " + bad.getMessage(), bad);
            }
        }

        /** The text of a flag, empty if it was not given. */
        private String setting(String flag) {
            return text(flag, "");
        }

        private String text(String flag, String defaultValue) {
            Setting setting = settings.get(flag);
            return setting == null ? defaultValue : setting.value();
        }

        private String name() {
            return text("name", "default");
        }

        private AutoCompaction autoCompaction(String eitherFlag) {
            return AutoCompaction.parse(
                    text("auto-compaction-mode", "periodic"), text("auto-compaction-retention", "0"));
        }

        private static List<ListenUrl> listenUrls(String text) {
            Set<ListenUrl> urls = new LinkedHashSet<>();
            for (String url : commaSeparated(text)) {
                urls.add(ListenUrl.parse(url));
            }
            return List.copyOf(urls);
        }

        /** Checked like an address to listen on, kept as written: clients get it back. */
        private static List<String> advertisedUrls(String text) {
            List<String> urls = commaSeparated(text);
            urls.forEach(ListenUrl::parse);
            return urls;
        }

        private static String soleMember(String text, String name) {
            Set<String> names = new LinkedHashSet<>();
            for (String member : commaSeparated(text)) {
                int equals = member.indexOf('=');
                if (equals <= 0) {
                    throw new IllegalArgumentException("\"" + member + "\" is not of the form name=URL");
                }
                names.add(member.substring(0, equals));
            }
            if (names.size() > 1) {
                throw new IllegalArgumentException(
                        "it names " + names.size() + " members, and a server is always the only member of its cluster");
            }
            if (!names.isEmpty() && !names.contains(name)) {
                throw new IllegalArgumentException("it does not name this member, " + name);
            }
            return text;
        }

        private static Set<String> names(String text) {
            return Set.copyOf(new LinkedHashSet<>(commaSeparated(text)));
        }

        private static String clusterState(String text) {
            if (!text.equals("new") && !text.equals("existing")) {
                throw new IllegalArgumentException("\"" + text + "\" is neither new nor existing");
            }
            return text;
        }

        private static MetricsDetail metrics(String text) {
            return switch (text) {
                case "basic" -> MetricsDetail.BASIC;
                case "extensive" -> MetricsDetail.EXTENSIVE;
                default -> throw new IllegalArgumentException("\"" + text + "\" is neither basic nor extensive");
            };
        }

        private static Level level(String text) {
            return switch (text) {
                case "debug" -> Level.FINE;
                case "info" -> Level.INFO;
                case "warn", "warning" -> Level.WARNING;
                case "error", "dpanic", "panic", "fatal" -> Level.SEVERE;
                default ->
                    throw new IllegalArgumentException(
                            "\"" + text + "\" is none of debug, info, warn, error, panic and fatal");
            };
        }

        private static LogSettings.Format format(String text) {
            return switch (text) {
                case "json" -> LogSettings.Format.JSON;
                case "console" -> LogSettings.Format.CONSOLE;
                default -> throw new IllegalArgumentException("\"" + text + "\" is neither json nor console");
            };
        }

        private static List<String> outputs(String text) {
            Set<String> outputs = new LinkedHashSet<>();
            for (String output : commaSeparated(text)) {
                switch (output) {
                    case "default" -> outputs.add(LogSettings.STDERR);
                    case "systemd/journal" ->
                        throw new IllegalArgumentException(
                                "the journal is not written to directly; systemd keeps what goes to stderr");
                    default -> outputs.add(output);
                }
            }
            if (outputs.isEmpty()) {
                throw new IllegalArgumentException("at least one output is needed");
            }
            return List.copyOf(outputs);
        }

        private static int count(String text) {
            long count = Long.parseLong(text);
            if (count > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(count + " is more than " + Integer.MAX_VALUE);
            }
            return (int) count;
        }

        private static Duration milliseconds(String text) {
            return Duration.ofMillis(count(text));
        }

        private static List<String> commaSeparated(String text) {
            return Arrays.stream(text.split(",", -1))
                    .map(String::strip)
                    .filter(item -> !item.isEmpty())
                    .toList();
        }
    }
}
